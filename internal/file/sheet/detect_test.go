package sheet_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"rollbook/internal/file/sheet"
)

// peoples are cells of contact lists in the languages of the spreadsheets that
// still save 8-bit files.
var peoples = map[string]string{
	"French":     "François Lefèvre|Hélène Müller|Noël Château|Zoé D’Aubigné|Île-de-France|Théâtre de l’Œuvre|À la carte|Ça ira|Besançon|MAËL ÉLUARD|10 €|« Été »|Orléans – Blois|n° 5|Agnès",
	"German":     "Jürgen Müller|Käthe Größ|Österreich|Übermut|Straße 12|Köln|Zürich|WEISS ÄRZTE|Bärbel Schröder|Düsseldorf|„Faust“|Jörg|§ 5|25 °C|Grüße",
	"Italian":    "Niccolò Papà|Città di Castello|Perché|È così|Forlì|Più|Cantù|L’Aquila|Libertà|Viganò",
	"Spanish":    "José Núñez|María Ibáñez|Peña|¿Qué?|¡Olé!|Ángel|Íñigo|Málaga|Cádiz|MUÑOZ|Güell|León|1º",
	"Portuguese": "João Conceição|São Tomé|Avó|Fundação|Ação|Luís|Guimarães|Índia|Açores|Três",
	"Danish":     "Søren Ærø|Åse Bjørn|København|Håkon|Tromsø|Jørgensen|Næss|Øresund",
	"Swedish":    "Åsa Öberg|Malmö|Göteborg|Linköping|Björn|Håkan|Ängelholm",
}

// A file of one language is read in the encoding in which it was saved, or
// refused where that is CP850. A file with one single letter over 127 may be
// plausible in two encodings; Windows-1252 wins then, as it is by far the more
// frequent, and the user is shown the words.
func TestEncodingOfPeople(t *testing.T) {
	for language, cells := range peoples {
		words := strings.Split(cells, "|")
		for name, c := range map[string]*charmap.Charmap{"Windows-1252": charmap.Windows1252, "MacRoman": charmap.Macintosh, "CP850": charmap.CodePage850} {
			all := "Contact,[new] A\n"
			refused, wrong := 0, 0
			for _, w := range words {
				cell, err := c.NewEncoder().String(w)
				if err != nil {
					continue // CP850 has no €
				}
				all += "1," + cell + "\n"
				one := read(t, []byte("Contact,[new] A\n1,"+cell+"\n"), sheet.Options{KnownColumn: known})
				switch {
				case one.err != nil:
					refused++
				case len(one.rows) != 1 || one.rows[0] != "2: 1 | "+w:
					wrong++
					t.Logf("%q saved in %s came out as %q (%s)", w, name, one.rows, one.detected.Encoding)
				}
			}
			if wrong > 4 || name == "Windows-1252" && wrong+refused > 1 {
				t.Errorf("%s in %s: of %d single cells %d refused, %d wrong", language, name, len(words), refused, wrong)
			}
			got := read(t, []byte(all), sheet.Options{KnownColumn: known})
			if name == "CP850" {
				if got.err == nil || got.err.Code != sheet.CodeEncodingNotRecognised {
					t.Errorf("%s in CP850: %v", language, got.err)
				}
				continue
			}
			if got.err != nil || got.detected.Encoding != name {
				t.Errorf("%s in %s: %v, read as %s", language, name, got.err, got.detected.Encoding)
			}
		}
	}
}

// Scripts with two bytes a character, or with all letters over 127.
func TestEncodingOfOtherScripts(t *testing.T) {
	for name, c := range map[string]struct {
		encoding.Encoding
		text string
	}{
		"GBK":          {simplifiedchinese.GBK, "北京|上海市|王小明"},
		"Big5":         {traditionalchinese.Big5, "台北|王小明"},
		"Shift-JIS":    {japanese.ShiftJIS, "東京|カタカナ|ひらがな|山田太郎"},
		"EUC-KR":       {korean.EUCKR, "서울|김철수"},
		"Windows-1251": {charmap.Windows1251, "Москва|Иван Петров"},
		"KOI8-R":       {charmap.KOI8R, "Москва|Иван Петров"},
		"Windows-1253": {charmap.Windows1253, "Αθήνα|Παπαδόπουλος"},
		"Windows-1255": {charmap.Windows1255, "שלום"},
	} {
		cells := must(c.NewEncoder().String(c.text))
		got := read(t, []byte("Contact,[new] A\n1,"+strings.ReplaceAll(cells, "|", "\n1,")+"\n"), sheet.Options{KnownColumn: known})
		if got.err == nil || got.err.Code != sheet.CodeEncodingNotRecognised {
			t.Errorf("%s: %q %v", name, got.rows, got.err)
		}
		// A single cell may be UTF-8 by accident, with broken bytes around it.
		for cell := range strings.SplitSeq(cells, "|") {
			got := read(t, []byte("Contact,[new] A\n1,"+cell+"\n"), sheet.Options{KnownColumn: known})
			if got.err == nil && len(got.faults) == 0 {
				t.Errorf("%s: %q", name, got.rows)
			}
		}
	}
}
