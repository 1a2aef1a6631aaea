package text_test

import (
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"rollbook/internal/domain/text"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"Müller":            "muller",
		"MU\u0308LLER":      "muller",
		"Straße":            "strasse",
		"  Le   Goff\u00a0": "le goff",
		"Ørsted":            "orsted",
		"Łukasz":            "lukasz",
		"Ｆｕｌｌ":              "full",
		"O’Neil":            "o’neil",
		"ÉCOLE":             "ecole",
		"김":                 "김",
		"":                  "",
	} {
		if got := text.Normalise(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestEveryLetterTwiceIsOnce(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		once := text.Normalise(string(r))
		if twice := text.Normalise(once); twice != once {
			t.Errorf("%U folded is %+q, folded again %+q", r, once, twice)
		}
		if lower, upper := text.Normalise(string(unicode.ToLower(r))), text.Normalise(string(unicode.ToUpper(r))); lower != upper {
			t.Errorf("%U in lower case is folded to %+q, in upper case to %+q", r, lower, upper)
		}
	}
}

func TestTextTwiceIsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := text.Normalise(rapid.String().Draw(t, "s"))
		if twice := text.Normalise(once); twice != once {
			t.Fatalf("folded %q, folded again %q", once, twice)
		}
	})
}

func TestEmail(t *testing.T) {
	if got := text.NormaliseEmail(" Anna.Meier@Example.ORG "); got != "anna.meier@example.org" {
		t.Fatalf("Email = %q", got)
	}
}
