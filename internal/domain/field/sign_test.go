package field_test

import (
	"testing"

	"pgregory.net/rapid"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

func TestSignWitnessed(t *testing.T) {
	for text, want := range map[string]field.SignWitness{
		"": field.SignSilent, "1250": field.SignSilent, "1 250": field.SignSilent, "twelve.5": field.SignSilent, "1'250": field.SignSilent, "1,23E+5": field.SignSilent, "..": field.SignSilent,
		"12.5": field.SaysPoint, "-0.250": field.SaysPoint, "1250.125": field.SaysPoint, "1,234.50": field.SaysPoint, "1,234,567": field.SaysPoint, "1'234.5": field.SaysPoint, "+3.10": field.SaysPoint,
		"12,5": field.SaysComma, "1.234,50": field.SaysComma, "1.234.567": field.SaysComma, "1 234,5": field.SaysComma, "0,125": field.SaysComma,
		"1.250": field.SaysEither, "12,500": field.SaysEither, "-123.456": field.SaysEither, "1'234,567": field.SaysComma,
	} {
		if got := field.SignWitnessed(text); got != want {
			t.Errorf("%q says %d, want %d", text, got, want)
		}
	}
}

// A number written by a sign is read as itself by that sign, and speaks for it or
// for nobody.
func TestWrittenBySignIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sign := rapid.SampledFrom([]field.Sign{field.Point, field.Comma}).Draw(t, "sign")
		number := rapid.StringMatching(`-?([1-9][0-9]{0,5}|0)(\.[0-9]{0,3}[1-9])?`).Draw(t, "number")
		if number == "-0" {
			number = "0"
		}
		x := field.NewIndex(domain.FieldDef{Code: "X", Kind: domain.Number, Decimals: 6})
		x.Sign = sign
		text := field.WrittenBy(number, sign)
		e, _, p := x.ParseNew(text)
		if p != nil || string(e.Value) != number {
			t.Fatalf("%q by %s is %q, %v", text, sign, e.Value, p)
		}
		if says := field.SignWitnessed(text); says != field.SignSilent && says != map[field.Sign]field.SignWitness{field.Point: field.SaysPoint, field.Comma: field.SaysComma}[sign] {
			t.Fatalf("%q says %d", text, says)
		}
	})
}
