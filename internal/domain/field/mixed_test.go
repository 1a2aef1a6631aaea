package field_test

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

func TestUnmix(t *testing.T) {
	for broken, want := range map[string]string{
		"dÃ©jÃ":           "déjà",
		"voilÃ":           "voilà",
		"dÃ©jÃ\u00a0":     "déjà",
		"MÃ¼ller":         "Müller",
		"Ã‰cole":          "École",
		"lâ€™Ã©tÃ©":       "l’été",
		"10 â‚¬":          "10 €",
		"StraÃŸe":         "Straße",
		"Å“uvre":          "œuvre",
		"d√©j√†":          "déjà",
		"M√ºller":         "Müller",
		"â€œdoneâ€\u009d": "“done”",
		"Â«vuÂ»":          "«vu»",
	} {
		if got, ok := field.Unmix(broken); !ok || got != want {
			t.Errorf("%q: %q, %t, want %q", broken, got, ok, want)
		}
	}
	for _, right := range []string{"", "abc", "déjà", "Müller", "École", "l’été à 10 €", "NESCAFÉ®", "«AIMÉ»", "São João", "Âge d’or", "âme", "château", "√2", "¬a", "Ålesund", "TÂCHE", "Å", "Ã", "x ≈ y", "日本", "Москва"} {
		if got, ok := field.Unmix(right); ok {
			t.Errorf("%q was taken for %q", right, got)
		}
	}
}

// Whatever western text is broken once is mended, and never stored broken.
func TestBrokenTextsAreNeverStored(t *testing.T) {
	note := domain.FieldDef{Code: "NOTE", Kind: domain.Text}
	rapid.Check(t, func(t *rapid.T) {
		text := "Nr" + rapid.StringMatching(`[a-zà-öø-ÿÀ-ÖØ-ß €’œ]{1,20}`).Draw(t, "text") + "."
		in := rapid.SampledFrom([]*charmap.Charmap{charmap.Windows1252, charmap.Macintosh}).Draw(t, "opened as")
		var broken []rune
		plain := true
		for _, b := range []byte(text) {
			r := in.DecodeByte(b)
			if r == '\uFFFD' {
				r = rune(b)
			}
			broken, plain = append(broken, r), plain && b < 0x80
		}
		e, _, p := field.ParseNew(string(broken), note)
		if p == nil {
			p = field.MixedUp(e.Value, note)
		}
		if plain {
			if p != nil {
				t.Fatalf("%q: %+v", text, p)
			}
			return
		}
		if p == nil || p.Code != field.EncodingMixedUp && p.Code != field.ControlCharacter || p.Code == field.EncodingMixedUp && p.Fix() != text {
			t.Fatalf("%q, broken %q: %+v %+v", text, string(broken), e, p)
		}
	})
}
