package field_test

import (
	"fmt"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

func BenchmarkParseNew(b *testing.B) {
	d := domain.FieldDef{Code: "GENRE", Kind: domain.SingleChoice}
	for i := range 100 {
		d.Values = append(d.Values, domain.Choice{Code: fmt.Sprintf("CODE_%d", i), Label: fmt.Sprintf("Libellé numéro %d", i)})
	}
	list := d
	list.Kind = domain.MultiChoice
	for _, c := range []struct {
		name, text string
		d          domain.FieldDef
	}{
		{"code", "CODE_50", d},
		{"label", "libellé numéro 50", d},
		{"accentless", "libelle numero 50", d},
		{"unknown", "something else", d},
		{"list", "CODE_1|CODE_50|CODE_99", list},
		{"text", "Zoë à Nîmes", domain.FieldDef{Kind: domain.Text}},
		{"boolean", "VRAI", domain.FieldDef{Kind: domain.YesNo}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			x := field.NewIndex(c.d)
			for b.Loop() {
				x.ParseNew(c.text)
			}
		})
	}
}
