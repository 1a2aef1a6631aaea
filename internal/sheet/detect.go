package sheet

import (
	"io"
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
	rare               // letter that names of neighbours have
	apo                // apostrophe
	opens              // opening quote, inverted mark
	closes             // closing quote, ellipsis
	dash               //
	symbol             // currency, degree, no-break space and so on
)

// A glyph is what one byte means in an 8-bit encoding.
type glyph struct {
	r rune
	kind
}

var kinds = func() map[rune]kind {
	m := map[rune]kind{}
	for k, s := range map[kind]string{
		lower:  "àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿß",
		upper:  "ÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜÝ",
		rare:   "šžŠŽŸðþÐÞªº",
		apo:    "’",
		opens:  "“‘«‹„¿¡",
		closes: "”»›…",
		dash:   "–—",
		symbol: "€£§°©®™•·½¼¾²³±×\u00a0†‰¥µ´",
	} {
		for _, r := range s {
			m[r] = k
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
	for _, c := range candidates {
		if c.name == name {
			return c.table
		}
	}
	return nil
}

func table(c *charmap.Charmap) *[256]glyph {
	var t [256]glyph
	for i := range t {
		r := c.DecodeByte(byte(i))
		t[i] = glyph{r, kinds[r]}
		if unicode.IsControl(r) {
			t[i].kind = odd
		}
	}
	return &t
}

// evidence is what the bytes over 127 say about the encoding.
type evidence struct {
	valid, broken int // UTF-8 sequences; bytes over 127 that are in none
	paired        int // of the latter, those with another byte over 127 beside them
	score         [len(candidates)]float64
}

// detect reads from the offset of the first byte over 127.
func detect(from origin, off int64) (string, error) {
	// One byte before gives the first its context.
	skip := min(off, 1)
	in, err := from.open(off - skip)
	if err != nil {
		return "", err
	}
	var e evidence
	// The bytes at the ends of a block are context only: a sequence of UTF-8 may
	// be cut there.
	const around = 4
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
		var prev, next byte
		if i > 0 {
			prev = b[i-1]
		}
		if i+1 < len(b) {
			next = b[i+1]
		}
		if prev >= utf8.RuneSelf || next >= utf8.RuneSelf {
			e.paired++
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
	if e.paired*10 > e.broken*4 {
		return "", errNotText() // two bytes a character, or letters that are all over 127
	}
	of := func(i int) float64 { return e.score[i] / float64(e.broken) }
	win, mac, dos := of(0), of(1), of(2)
	switch {
	case win >= 0.85 && win >= mac && win >= dos:
		return enc1252, nil
	case mac >= 0.9 && mac > win+0.3 && mac > dos+0.3:
		return encMac, nil
	case dos >= 0.9 && dos > win+0.3 && dos > mac+0.3:
		return "", invalid(CodeEncodingNotRecognised, "The file seems to be saved in the old encoding CP850. Choose that encoding, or better: %s", lowerFirst(howToSave))
	}
	return "", errNotText()
}

func lowerFirst(s string) string { return string(s[0]|0x20) + s[1:] }

// plausible says from 0 to 1 how well the byte fits between its neighbours,
// read in the encoding of the table: "caf\x8e" is a fine word in MacRoman and
// ends in a capital Z with caron in Windows-1252.
func plausible(t *[256]glyph, prev, c, next byte) float64 {
	p, n := letterKind(t, prev), letterKind(t, next)
	switch t[c].kind {
	case lower:
		switch {
		case p == upper && n == upper:
			return 0.2
		case p == upper && n == odd && next != 0:
			return 0.8
		}
		return 1
	case upper:
		switch {
		case p == lower:
			return 0
		case p == upper && n == lower:
			return 0.3
		}
		return 1
	case rare:
		return 0.4
	case apo:
		if p != odd {
			return 1
		}
		return 0.5
	case opens:
		if p != odd {
			return 0
		}
		return 1
	case closes:
		if n != odd {
			return 0
		}
		return 1
	case dash:
		if p != odd && n != odd {
			return 0.2
		}
		return 1
	case symbol:
		switch {
		case p != odd && n != odd && t[c].r != '\u00a0':
			return 0
		case p != odd || n != odd:
			return 0.8
		}
		return 1
	}
	return 0
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
