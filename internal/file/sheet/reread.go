package sheet

import (
	"iter"
	"slices"

	"golang.org/x/text/encoding/charmap"
)

type encoding struct {
	name string
	*charmap.Charmap
}

// encodings are those in which spreadsheets save 8-bit files of languages with
// Latin letters, the more frequent first.
var encodings = []encoding{
	{enc1252, charmap.Windows1252},
	{"Windows-1250", charmap.Windows1250},
	{encMac, charmap.Macintosh},
	{enc850, charmap.CodePage850},
	{"ISO-8859-2", charmap.ISO8859_2},
	{"ISO-8859-15", charmap.ISO8859_15},
	{"Windows-1254", charmap.Windows1254},
	{"Windows-1257", charmap.Windows1257},
	{"CP437", charmap.CodePage437},
	{"CP852", charmap.CodePage852},
}

// Encodings are the names of those that a user may choose for a file.
func Encodings() []string {
	names := []string{encUTF8}
	for _, e := range encodings {
		names = append(names, e.name)
	}
	return names
}

// Reread gives, by encoding, what a cell would be if it had been read in that
// one instead of the named one, an 8-bit encoding that [Detected] may have. For any
// other there is nothing to give.
func Reread(cell, name string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		i := slices.IndexFunc(encodings, func(e encoding) bool { return e.name == name })
		if i < 0 {
			return
		}
		bytes, err := encodings[i].NewEncoder().String(cell)
		if err != nil {
			return // it has a character that was never read
		}
		for j, e := range encodings {
			if j == i {
				continue
			}
			// Decoding a Charmap never fails: what it lacks becomes U+FFFD.
			other, _ := e.NewDecoder().String(bytes)
			if !yield(e.name, other) {
				return
			}
		}
	}
}
