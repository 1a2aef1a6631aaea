package web_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/person"
	"rollbook/internal/importing/flow"
)

var update = flag.Bool("update", false, "write the tables of the screen anew")

// tables are what the screen needs of the domain's definitions.
func tables(t *testing.T) string {
	t.Helper()
	type operator struct {
		Name  string      `json:"name"`
		Takes field.Takes `json:"takes"`
	}
	type kind struct {
		Name      domain.Kind `json:"name"`
		Criterion bool        `json:"criterion,omitempty"`
		Values    bool        `json:"values,omitempty"`
		MaxLength bool        `json:"maxLength,omitempty"`
		Decimals  bool        `json:"decimals,omitempty"`
		Group     string      `json:"group,omitempty"`
		Operators []operator  `json:"operators"`
	}
	type own struct {
		Name string      `json:"name"`
		Kind domain.Kind `json:"kind"`
	}
	var out struct {
		Kinds     []kind            `json:"kinds"`
		Contact   []own             `json:"contact"`
		Languages []string          `json:"languages"`
		Spoken    string            `json:"spoken"`
		Countries string            `json:"countries"`
		DataTypes []domain.DataType `json:"dataTypes"`
		Limits    map[string]int    `json:"limits"`
	}
	for _, k := range field.Kinds() {
		var ops []operator
		for _, o := range k.Operators {
			ops = append(ops, operator{o.Name, o.Takes})
		}
		out.Kinds = append(out.Kinds, kind{k.Name, k.Criterion, k.HasValues, k.MaxLength, k.Decimals, k.Group, ops})
	}
	add := func(f domain.Field, d domain.FieldDef) {
		out.Contact = append(out.Contact, own{f.Code(), field.InConditions(f, d).Name})
	}
	add(field.NumberField, domain.FieldDef{})
	for _, f := range domain.ContactFields {
		d, _ := domain.ContactDef(f.Field)
		add(f.Field, d)
	}
	out.Languages, out.DataTypes = domain.Languages, domain.DataTypes
	// As texts, which are smaller.
	out.Spoken, out.Countries = strings.Join(person.Languages(), " "), strings.Join(person.Countries(), " ")
	out.Limits = map[string]int{"code": domain.MaxCode, "label": domain.MaxLabel, "text": domain.MaxText, "values": domain.MaxValues, "decimals": domain.MaxDecimals,
		"name": domain.MaxName, "email": domain.MaxEmail, "url": domain.MaxWebhookURL, "restoreDays": domain.RestoreDays, "auditDays": domain.AuditDays, "leastAuditDays": domain.LeastAuditDays, "mostAuditDays": domain.MostAuditDays, "fileMegabytes": domain.MostLimits.FileMegabytes}
	return indented(t, out)
}

// columns are the columns of ours that those of a file may be for.
func columns(t *testing.T) string {
	t.Helper()
	type part struct {
		Column string       `json:"column"`
		Of     string       `json:"of"`
		Place  person.Place `json:"place"`
	}
	out := struct {
		Key     string            `json:"key"`
		Contact map[string]string `json:"contact"`
		Wholes  map[string]string `json:"wholes"`
		Parts   []part            `json:"parts"`
	}{Key: flow.KeyColumn, Contact: map[string]string{}, Wholes: map[string]string{"firstLast": person.FirstLast, "lastFirst": person.LastFirst}}
	for _, f := range domain.ContactFields {
		out.Contact[f.Field.Code()] = person.Def(f.Field).Label
	}
	for _, p := range person.Parts {
		out.Parts = append(out.Parts, part{p.Name, person.Def(p.Field).Label, p.Place})
	}
	return indented(t, out)
}

func indented(t *testing.T, of any) string {
	t.Helper()
	b, err := json.MarshalIndent(of, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

// The screen's tables are those of the domain: go generate writes them.
func TestTablesAreTheDomains(t *testing.T) {
	for file, want := range map[string]string{"src/core/tables.json": tables(t), "src/core/columns.json": columns(t)} {
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, string(got)); d != "" {
			t.Errorf("go generate ./internal/web writes %s anew (-want +got):\n%s", file, d)
		}
	}
}

// No form writes a limit out: it takes it from the tables.
func TestFormsTakeTheirLimitsFromTheTables(t *testing.T) {
	limit := regexp.MustCompile(`\b(maxLength|minLength|min|max)=\{\d{2,}\}`)
	seen := 0
	err := filepath.WalkDir("src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".jsx") {
			return err
		}
		seen++
		b, err := os.ReadFile(path)
		for _, m := range limit.FindAll(b, -1) {
			t.Errorf("%s has %s", path, m)
		}
		return err
	})
	if err != nil || seen < 20 {
		t.Fatal(seen, err)
	}
}

// What the screen must write out because it is loaded by name is what the domain
// lists: languages, with a file of words each.
func TestTheScreenSpeaksTheDomainsLanguages(t *testing.T) {
	var sources []byte
	for _, file := range []string{"src/core/i18n.js", "src/core/guide.js"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, b...)
	}
	lists := regexp.MustCompile(`(?s)const (?:languages|load|more) = \{(.*?)\};`).FindAllStringSubmatch(string(sources), -1)
	if len(lists) != 4 {
		t.Fatalf("%d lists of languages", len(lists))
	}
	for _, m := range lists {
		var got []string
		for _, k := range regexp.MustCompile(`(?:^|,)\s*(\w\w):`).FindAllStringSubmatch(m[1], -1) {
			got = append(got, k[1])
		}
		if d := cmp.Diff(domain.Languages, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", m[0], d)
		}
	}
	for _, lang := range domain.Languages {
		if _, err := os.Stat("src/lang/" + lang + ".json"); err != nil {
			t.Error(err)
		}
	}
}
