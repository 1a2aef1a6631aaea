package cell_test

import (
	"fmt"
	"testing"

	"rollbook/internal/cell"
	"rollbook/internal/roll"
)

func BenchmarkParseNew(b *testing.B) {
	d := roll.FieldDef{Code: "GENRE", Kind: roll.SingleChoice}
	for i := range 100 {
		d.Values = append(d.Values, roll.Choice{Code: fmt.Sprintf("CODE_%d", i), Label: fmt.Sprintf("Libellé numéro %d", i)})
	}
	list := d
	list.Kind = roll.MultiChoice
	for _, c := range []struct {
		name, text string
		d          roll.FieldDef
	}{
		{"code", "CODE_50", d},
		{"label", "libellé numéro 50", d},
		{"accentless", "libelle numero 50", d},
		{"unknown", "something else", d},
		{"list", "CODE_1|CODE_50|CODE_99", list},
		{"text", "Zoë à Nîmes", roll.FieldDef{Kind: roll.Text}},
		{"boolean", "VRAI", roll.FieldDef{Kind: roll.YesNo}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				cell.ParseNew(c.text, c.d)
			}
		})
	}
}
