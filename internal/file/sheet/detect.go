package sheet

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const (
	// evidenceBytes are read from the first byte over 127 on before an encoding
	// is decided.
	evidenceBytes = 1 << 20
	// evidenceCount is how many characters or broken bytes are wanted before a
	// file that is not valid UTF-8 is decided short of its end.
	evidenceCount = 200
)

// kind is what a character of an 8-bit encoding is good for in western text.
type kind uint8

const (
	odd    kind = iota // not expected
	lower              // letter of a western language
	upper              //
	apo                // apostrophe
	opens              // opening quote, inverted mark
	closes             // closing quote, ellipsis
	either             // quote that opens in English and closes in German
	dash               //
	symbol             // currency, degree, no-break space and so on
)

// A glyph is what one byte means in an 8-bit encoding. Its weight is 1 for what
// is common in names and addresses and less for what is rare there.
type glyph struct {
	r rune
	kind
	weight float64
}

var glyphs = func() map[rune]glyph {
	m := map[rune]glyph{}
	for _, g := range []struct {
		kind
		weight float64
		runes  string
	}{
		{lower, 1, "àâäáãåæçèéêëìíîïñòóôöõøùúûüœß"},
		{lower, 0.4, "ýÿšžðþ"},
		{upper, 1, "ÀÂÄÁÅÆÇÈÉÊÍÎÑÓÔÖØÚÜŒ"},
		{upper, 0.7, "ÃËÌÏÒÕÙÛ"},
		{upper, 0.4, "ÝŠŽŸÐÞ"},
		{apo, 1, "’"},
		{opens, 1, "«‹„"},
		{either, 0.9, "“‘"},
		{opens, 0.7, "¿¡"},
		// One that was not opened may as well be a letter of another encoding;
		// openings make up for the rest.
		{closes, 0.8, "”»›…"},
		{dash, 1, "–—"},
		{symbol, 1, "€£§°©®™·½¼²³±ªº\u00a0"},
		{symbol, 0.5, "•¾¹×†‰¥µ´"},
	} {
		for _, r := range g.runes {
			m[r] = glyph{r, g.kind, g.weight}
		}
	}
	return m
}()

// candidates are the 8-bit encodings whose letters are weighed.
var candidates = [...]struct {
	name  string
	table *[256]glyph
}{
	{enc1252, table(charmap.Windows1252)},
	{encMac, table(charmap.Macintosh)},
	{enc850, table(charmap.CodePage850)},
}

func tableOf(name string) *[256]glyph {
	for _, e := range encodings {
		if e.name == name {
			return table(e.Charmap)
		}
	}
	return nil
}

func table(c *charmap.Charmap) *[256]glyph {
	var t [256]glyph
	for i := range t {
		r := c.DecodeByte(byte(i))
		t[i] = glyphs[r]
		t[i].r = r
	}
	return &t
}

// evidence is what the bytes over 127 say about the encoding.
type evidence struct {
	valid, broken int // UTF-8 sequences; bytes over 127 that are in none
	long          int // of the latter, those in a run of three or more
	big           int // of the latter, capital letters of MacRoman
	score         [len(candidates)]float64
}

// around is how many bytes at the ends of a block are context only: a sequence
// of UTF-8 may be cut there.
const around = 4

// detect reads from the offset of the first byte over 127.
func detect(from origin, off int64) (string, error) {
	// The bytes before give the first its context.
	skip := min(off, around)
	in, err := from.open(off - skip)
	if err != nil {
		return "", err
	}
	var e evidence
	buf := make([]byte, 64<<10)
	have, start := 0, int(skip)
	for read := 0; ; {
		n, err := in.Read(buf[have:])
		read += n
		have += n
		last := err == io.EOF
		if err != nil && !last {
			return "", err
		}
		end := have - around
		if last {
			end = have
		}
		if end > start {
			start = e.add(buf[:have], start, end)
			keep := min(start, around)
			copy(buf, buf[start-keep:have])
			have, start = have-start+keep, keep
		}
		if last || read >= evidenceBytes && e.enough() {
			return e.verdict()
		}
	}
}

func (e *evidence) enough() bool {
	return e.broken == 0 && e.valid > 0 || e.valid+e.broken >= evidenceCount
}

// add counts the bytes of b from start to end and returns where it stopped,
// which may be inside the sequence after end.
func (e *evidence) add(b []byte, start, end int) int {
	i := start
	for i < end {
		i += firstHigh(b[i:end])
		if i >= end {
			return end
		}
		_, size := utf8.DecodeRune(b[i:])
		if size > 1 {
			e.valid++
			i += size
			continue
		}
		e.broken++
		at := func(i int) byte {
			if i < 0 || i >= len(b) {
				return 0
			}
			return b[i]
		}
		prev, next := at(i-1), at(i+1)
		if prev|0x7f == 0xff && (next|0x7f == 0xff || at(i-2)|0x7f == 0xff) || next|0x7f == 0xff && at(i+2)|0x7f == 0xff {
			e.long++
		}
		if candidates[1].table[b[i]].kind == upper {
			e.big++
		}
		for c := range candidates {
			e.score[c] += plausible(candidates[c].table, prev, b[i], next)
		}
		i++
	}
	return i
}

// verdict decides. A refusal costs the user one more "save as"; a wrong choice
// would put wrong letters into the database, so doubt refuses.
func (e *evidence) verdict() (string, error) {
	if e.valid*4 >= e.broken {
		return encUTF8, nil
	}
	if e.long*10 > e.broken*3 {
		return "", errNotText() // two bytes a character, or a script whose letters are all over 127
	}
	of := func(i int) float64 { return e.score[i] / float64(e.broken) }
	win, mac, dos := of(0), of(1), of(2)
	switch {
	case win >= 0.85 && win >= mac && win >= dos:
		return enc1252, nil
	case mac >= 0.9 && mac > win+0.3 && mac > dos+0.1 && e.big*2 <= e.broken:
		return encMac, nil
	case dos >= 0.9 && dos > win+0.3 && dos > mac+0.1:
		return "", invalid("encodingNotRecognised.dos")
	}
	return "", invalid("encodingNotRecognised.choose")
}

// plausible says from 0 to 1 how well the byte fits between its neighbours,
// read in the encoding of the table: "caf\x8e" is a fine word in MacRoman and
// ends in a capital Z with caron in Windows-1252.
func plausible(t *[256]glyph, prev, c, next byte) float64 {
	g := t[c]
	p, n := letterKind(t, prev), letterKind(t, next)
	before, after := p != odd, n != odd
	fit := 1.0
	switch g.kind {
	case odd:
		fit = 0
	case lower:
		switch {
		case p == upper && n == upper:
			fit = 0.2
		case p == upper && !after:
			fit = 0.8
		case !before && n == upper:
			fit = 0
		case !before && after && strings.ContainsRune("êëõûïãñøìò", g.r):
			fit = 0.5 // hardly ever begins a word
		}
	case upper:
		switch {
		case p == lower:
			fit = 0
		case p == upper && n == lower:
			fit = 0.3
		}
	case apo:
		if !before {
			fit = 0.5
		}
	case opens:
		if before {
			fit = 0
		}
	case closes:
		if after {
			fit = 0
		}
	case either:
		if before && after {
			fit = 0
		}
	case dash:
		switch {
		case before && after:
			fit = 0.2
		case before || after:
			fit = 0.5
		}
	case symbol:
		switch {
		case before && after && g.r != '\u00a0':
			fit = 0
		case before || after:
			fit = 0.9
		}
	}
	return fit * g.weight
}

// letterKind is lower or upper for a letter and odd for anything else.
func letterKind(t *[256]glyph, c byte) kind {
	switch {
	case 'a' <= c && c <= 'z':
		return lower
	case 'A' <= c && c <= 'Z':
		return upper
	case c < utf8.RuneSelf:
		return odd
	}
	switch {
	case unicode.IsLower(t[c].r):
		return lower
	case unicode.IsUpper(t[c].r):
		return upper
	}
	return odd
}
