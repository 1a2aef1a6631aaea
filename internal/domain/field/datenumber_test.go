package field_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
)

// What a [new] cell of a date or a number gives: a value, or a code with a
// suggestion and a part of the message.
func TestDatesAndNumbers(t *testing.T) {
	dec := func(n int) domain.FieldDef {
		return domain.FieldDef{Code: "SPENT", Kind: domain.Number, Decimals: n}
	}
	joined := domain.FieldDef{Code: "JOINED", Kind: domain.Date}
	for _, c := range []struct {
		d          domain.FieldDef
		text       string
		want       domain.Value
		code       string
		suggestion string
		says       string
	}{
		{joined, "2026-03-01", "2026-03-01", "", "", ""},
		{joined, "1.3.2026", "2026-03-01", "", "", ""},
		{joined, "1er mars 2026", "2026-03-01", "", "", ""},
		{joined, "1. Mrz. 2026 00:00", "2026-03-01", "", "", ""},
		{joined, "leer", "", "", "", ""},
		{joined, "03/04/2026", "", field.AmbiguousDate, "", "2026-04-03 (3 April 2026) or 2026-03-04 (4 March 2026)"},
		{joined, "04/13/2026", "", field.AmericanDate, "2026-04-13", ""},
		{joined, "1.3.26", "", field.ShortYear, "2026-03-01", "two digits"},
		{joined, "1.3.85", "", field.ShortYear, "1985-03-01", "two digits"},
		{joined, "3/4/85", "", field.ShortYear, "", "two digits"},
		{joined, "20260301", "", field.BadDate, "2026-03-01", ""},
		{joined, "46082", "", field.SpreadsheetNumber, "2026-03-01", "stands for 2026-03-01"},
		{joined, "0026-03-01", "", field.BadDate, "", "before 1000"},
		{joined, "Monday 1 March 2026", "", field.BadDate, "", "is a Sunday"},
		{joined, "31.02.2026", "", field.BadDate, "", "28 days"},
		{joined, "NULL", "", field.MaybeEmpty, "Empty", ""},
		{joined, "soon", "", field.BadDate, "", "no date"},

		{dec(2), "1234.5", "1234.5", "", "", ""},
		{dec(2), "1234,50", "1234.5", "", "", ""},
		{dec(2), "1 234,50", "1234.5", "", "", ""},
		{dec(2), "1\u202f234,50", "1234.5", "", "", ""},
		{dec(2), "1\u00a0234,50", "1234.5", "", "", ""},
		{dec(2), "1'234.50", "1234.5", "", "", ""},
		{dec(2), "1’234.50", "1234.5", "", "", ""},
		{dec(2), "1.234,50", "1234.5", "", "", ""},
		{dec(2), "1,234.50", "1234.5", "", "", ""},
		{dec(2), "1.234.567", "1234567", "", "", ""},
		{dec(2), "-12", "-12", "", "", ""},
		{dec(2), "− 12", "-12", "", "", ""},
		{dec(2), "+12", "12", "", "", ""},
		{dec(2), "-0,00", "0", "", "", ""},
		{dec(2), "007", "7", "", "", ""},
		{dec(2), "１２，５", "12.5", "", "", ""},
		{dec(2), "Vuoto", "", "", "", ""},
		{dec(0), "1.250", "1250", "", "", ""}, // 1.25 is no value of the field
		{dec(0), "1.000", "", field.AmbiguousNumber, "", "may be 1 or 1000."},
		{dec(2), "1.250", "", field.AmbiguousNumber, "", "may be 1.25 or 1250."},
		{dec(3), "1,125", "", field.AmbiguousNumber, "", "may be 1.1250 or 1125."},
		{dec(2), "-1.250", "", field.AmbiguousNumber, "", "may be -1.25 or -1250."},
		{dec(3), "0.125", "0.125", "", "", ""},
		{dec(3), "1.1250", "1.125", "", "", ""},
		{dec(2), "1.255", "1255", "", "", ""}, // more decimals than the field takes are no reading
		{dec(2), "12.345,678", "", field.TooManyDecimals, "", "has 3 decimals. SPENT takes at most 2."},
		{dec(0), "1,5", "", field.TooManyDecimals, "", "whole numbers"},
		{dec(6), "123456789.123456", "123456789.123456", "", "", ""},
		{dec(6), "1234567890.123456", "", field.TooManyDigits, "", "16 digits"},
		{dec(0), "999999999999999", "999999999999999", "", "", ""},
		{dec(0), "1234567890123456", "", field.TooManyDigits, "", "At most 15"},
		{dec(2), "1,23457E+15", "", field.SpreadsheetNumber, "", ""},
		{dec(2), "01. Mrz", "", field.SpreadsheetDate, "", ""},
		{dec(2), "12,50 €", "", field.NotANumber, "12.5", "Did you mean 12.5?"},
		{dec(2), "CHF 12.50", "", field.NotANumber, "12.5", ""},
		{dec(2), "12a", "", field.NotANumber, "", ""},
		{dec(2), "1.23.4", "", field.SpreadsheetDate, "", ""},
		{dec(2), "--1", "", field.NotANumber, "", ""},
		{dec(2), "#N/A", "", field.MaybeEmpty, "Empty", ""},
	} {
		e, w, p := field.ParseNew(c.text, c.d)
		if p == nil {
			p = &field.Problem{}
		}
		if e.Value != c.want || e.Keep || w != nil || string(p.Code) != c.code || p.Fix() != c.suggestion || !strings.Contains(p.Message("en"), c.says) {
			t.Errorf("%s, %d decimals, %q: %+v, %+v, %+v", c.d.Code, c.d.Decimals, c.text, e, w, p)
		}
	}
}

// An [old] cell is read as what we wrote where it may be two things.
func TestOldDatesAndNumbers(t *testing.T) {
	for _, c := range []struct {
		d    domain.FieldDef
		text string
		want domain.Value
	}{
		{domain.FieldDef{Kind: domain.Date}, "01.03.2026", "2026-03-01"},
		{domain.FieldDef{Kind: domain.Date}, "46082", "2026-03-01"},
		{domain.FieldDef{Kind: domain.Number, Decimals: 3}, "1.125", "1.125"},
		{domain.FieldDef{Kind: domain.Number, Decimals: 3}, "1,5", "1.5"},
		{domain.FieldDef{Kind: domain.Number}, "1.1250", "1.125"}, // from when it took three decimals
	} {
		if v, known := field.ParseOld(c.text, c.d); !known || v != c.want {
			t.Errorf("%q: %q, %v", c.text, v, known)
		}
	}
	for _, text := range []string{"03/04/2026", "soon", "1.3.26"} {
		if v, known := field.ParseOld(text, domain.FieldDef{Kind: domain.Date}); known {
			t.Errorf("%q: %q", text, v)
		}
	}
}

func TestJSONOfDatesAndNumbers(t *testing.T) {
	joined, spent := domain.FieldDef{Kind: domain.Date}, domain.FieldDef{Kind: domain.Number, Decimals: 2}
	for _, c := range []struct {
		d    domain.FieldDef
		raw  string
		want domain.Value
		code string
	}{
		{joined, `"2026-03-01"`, "2026-03-01", ""}, {joined, `""`, "", ""}, {joined, `null`, "", ""},
		{joined, `"1.3.2026"`, "", field.WrongType}, {joined, `"2026-02-30"`, "", field.WrongType}, {joined, `20260301`, "", field.WrongType},
		{spent, `12.50`, "12.5", ""}, {spent, `-0`, "0", ""}, {spent, `1.5e2`, "150", ""}, {spent, `null`, "", ""},
		{spent, `"12.5"`, "", field.WrongType}, {spent, `1e999999999`, "", field.WrongType}, {spent, `1.234`, "", field.TooManyDecimals}, {spent, `1e15`, "", field.TooManyDigits},
	} {
		v, p := field.FromJSON([]byte(c.raw), c.d)
		if p == nil {
			p = &field.Problem{}
		}
		if string(p.Code) != c.code || p.Code == "" && v != c.want {
			t.Errorf("%s: %q, %+v", c.raw, v, p)
		}
	}
	if b, err := json.Marshal(field.ToJSON("12.5", spent)); string(b) != "12.5" || err != nil {
		t.Errorf("%s, %v", b, err)
	}
}

// A kind that there is not takes nothing and is never taken for a text.
func TestUnknownKind(t *testing.T) {
	d := domain.FieldDef{Code: "NEW", Kind: "colour"}
	if _, _, p := field.ParseNew("red", d); p == nil || p.Code != field.UnknownKind {
		t.Errorf("[new]: %+v", p)
	}
	if v, known := field.ParseOld("red", d); known {
		t.Errorf("[old]: %q", v)
	}
	if _, p := field.FromJSON([]byte(`"red"`), d); p == nil || p.Code != field.UnknownKind {
		t.Errorf("JSON: %+v", p)
	}
	if ops := field.InConditions(d.Field(), d).Operators; ops != nil {
		t.Errorf("a condition can ask %v", ops)
	}
	var read domain.FieldDef
	if err := json.Unmarshal([]byte(`{"code":"NEW","kind":"colour"}`), &read); err == nil {
		t.Error("a definition of the kind is read")
	}
}

// The domain's list of kinds and the registry are the same.
func TestEveryKindIsDefined(t *testing.T) {
	for _, name := range domain.Kinds {
		if !field.Known(name) {
			t.Errorf("%s has no definition", name)
		}
	}
	if n := len(field.Kinds()); n != len(domain.Kinds)+1 { // and the contact's number
		t.Errorf("%d definitions of %d kinds", n, len(domain.Kinds))
	}
}
