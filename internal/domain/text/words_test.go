package text_test

import (
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"rollbook/internal/domain/text"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"éèêë", 3, "éè…"}, {"😀😀", 1, "…"}} {
		if got := text.Cut(c.in, c.most); got != c.want {
			t.Errorf("Cut(%q, %d) = %q", c.in, c.most, got)
		}
	}
}

// One set of invisible characters: none of them is left in a key, none makes a
// cell anything but blank, and all of them are of the class that shows nothing.
func TestInvisible(t *testing.T) {
	n := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !text.Invisible(r) {
			continue
		}
		n++
		if !unicode.Is(unicode.Cf, r) {
			t.Errorf("%U is not a format character", r)
		}
		s := string(r)
		if text.Key("a"+s+"b") != "ab" || text.Visible("a"+s+"b") != "ab" || !text.Blank(s+" \t"+s) || text.Normalise("a"+s+"b") != "ab" {
			t.Errorf("%U is seen", r)
		}
	}
	if n < 20 {
		t.Errorf("only %d", n)
	}
}

func TestKeyOfAKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if k := text.Key(s); text.Key(k) != k || text.Key("\u200e"+s+"\u00a0") != k {
			t.Fatalf("%q has the key %q, that the key %q, and with blanks %q", s, k, text.Key(k), text.Key("\u200e"+s+"\u00a0"))
		}
	})
}
