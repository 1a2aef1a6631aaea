package internal_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/day"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/file/sheet"
)

// The languages are listed once, for the sentences, which all else is above.
func TestLanguagesAreListedOnce(t *testing.T) {
	list := regexp.MustCompile(`\{("en"|English|language\.English), ("fr"|language\.French)`)
	var in []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "testing/") || strings.HasPrefix(path, "local/demo/") {
			return err
		}
		b, err := os.ReadFile(path)
		if list.Match(b) {
			in = append(in, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"domain/reason/format.go"}, in); d != "" {
		t.Errorf("languages are listed in (-want +got): %s", d)
	}
}

// What the API's description lists is what the domain lists.
func TestTheDescriptionListsWhatTheDomainDoes(t *testing.T) {
	b, err := os.ReadFile("api/testdata/openapi.golden")
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	types := make([]string, len(domain.DataTypes))
	for i, dt := range domain.DataTypes {
		types[i] = string(dt)
	}
	found := map[string]int{}
	for name, want := range map[string][]string{"dataType": types, "language": domain.Languages, "encoding": sheet.Encodings()} {
		enums(doc, name, func(got []string) {
			found[name]++
			slices.Sort(got)
			if d := cmp.Diff(slices.Sorted(slices.Values(want)), got); d != "" {
				t.Errorf("%s (-want +got): %s", name, d)
			}
		})
		if found[name] == 0 {
			t.Errorf("no %s is described", name)
		}
	}
}

// enums calls f with the list of each property of the name.
func enums(node any, name string, f func([]string)) {
	switch node := node.(type) {
	case []any:
		for _, n := range node {
			enums(n, name, f)
		}
	case map[string]any:
		for k, n := range node {
			if p, ok := n.(map[string]any); ok && k == name {
				if either, ok := p["anyOf"].([]any); ok { // a word or null
					p, _ = either[0].(map[string]any)
				}
				if list, ok := p["enum"].([]any); ok {
					var out []string
					for _, v := range list {
						if s, ok := v.(string); ok {
							out = append(out, s)
						}
					}
					f(out)
				}
			}
			enums(n, name, f)
		}
	}
}

// The bounds that the API's description names are the domain's, every one of
// them: a bound that is on neither list below is one more place of a limit.
func TestTheDescriptionHasTheDomainsLimits(t *testing.T) {
	b, err := os.ReadFile("api/testdata/openapi.golden")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Minimum, Maximum, MaxLength, MaxItems *float64
					Enum                                  []any
					Items                                 struct{ Enum []any }
					AnyOf                                 []struct{ Enum []any } // a word or null
				}
			}
		}
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	most := domain.MostLimits
	bounds := map[string]int{
		"Criterion.decimals maximum": domain.MaxDecimals, "Criterion.maxLength maximum": domain.MaxText, "Criterion.values maxItems": domain.MaxValues,
		"Settings.name maxLength": domain.MaxName, "Settings.titles maxItems": domain.MaxTitles, "Settings.mailDomains maxItems": domain.MaxMailDomains,
		"Settings.numberDigits maximum": domain.MaxDigits, "Settings.auditDays minimum": domain.LeastAuditDays, "Settings.auditDays maximum": domain.MostAuditDays,
		"Limits.importsAtOnce maximum": most.ImportsAtOnce, "Limits.rowsADay maximum": most.RowsADay, "Limits.mailsADay maximum": most.MailsADay,
		"Limits.deletionsAnHour maximum": most.DeletionsAnHour, "Limits.previewsAtOnce maximum": most.PreviewsAtOnce, "Limits.contactsADay maximum": most.ContactsADay, "Limits.fileMegabytes maximum": most.FileMegabytes,
		"ImportBody.note maxLength": domain.MaxText, "ImportChange.note maxLength": domain.MaxText, "ImportBody.proof maxLength": domain.MaxText, "RecipeBody.proof maxLength": domain.MaxText, "WebhookBody.url maxLength": domain.MaxWebhookURL, "InvitationBody.email maxLength": domain.MaxEmail, "SearchBody.q maxLength": domain.MaxEmail, "ChangesBody.q maxLength": domain.MaxEmail,
		"ImportBody.matchBy maxLength": domain.MaxCode, "RecipeBody.matchBy maxLength": domain.MaxCode,
	}
	// The API's own: the lengths of an id and of a country's code, pages, how long to count, and what keeps a
	// request small.
	own := []string{"TemplateBody.targetId maxLength", "ImportBody.targetId maxLength", "TemplateBody.fields maxItems", "TemplateBody.include maxItems", "WebhookBody.events maxItems", "ImportBody.country maxLength", "RecipeBody.country maxLength",
		"Correction.column maxLength", "Correction.from maxLength", "Correction.to maxLength", "ImportBody.corrections maxItems", "RecipeBody.corrections maxItems", "SearchBody.cursor maxLength", "SearchBody.limit maximum",
		"ChangesBody.field maxLength", "ChangesBody.from maxLength", "ChangesBody.to maxLength", "ChangesBody.cursor maxLength", "ChangesBody.limit maximum", "PreviewBody.cursor maxLength", "PreviewBody.seconds maximum"}
	texts := func(in ...any) []string {
		var out []string
		for _, x := range in {
			out = append(out, x.(string))
		}
		return out
	}
	list := func(values ...string) []string { return slices.Sorted(slices.Values(values)) }
	var kinds []string
	for _, k := range field.Kinds() {
		if k.Criterion {
			kinds = append(kinds, string(k.Name))
		}
	}
	var events, actions []string
	for _, e := range domain.Events {
		events = append(events, string(e))
	}
	for _, a := range domain.Actions {
		actions = append(actions, string(a))
	}
	enums := map[string][]string{
		"kind": list(kinds...), "events": list(events...), "action": list(actions...),
		"mode":       list(string(domain.CreateAndUpdate), string(domain.CreateOnly), string(domain.UpdateOnly)),
		"refusals":   list(string(domain.KeepRefusals), string(domain.OverrideRefusals)),
		"onConflict": list(string(domain.Skip), string(domain.Overwrite)),
		"dateOrder":  list(string(day.DayFirst), string(day.MonthLeads), string(day.YearFirst)),
		"format":     list(domain.FormatCSV, domain.FormatXLSX, domain.FormatBoth),
	}
	seen, listed := map[string]bool{}, map[string]bool{}
	for schema, s := range doc.Components.Schemas {
		for property, p := range s.Properties {
			for constraint, bound := range map[string]*float64{"minimum": p.Minimum, "maximum": p.Maximum, "maxLength": p.MaxLength, "maxItems": p.MaxItems} {
				name := schema + "." + property + " " + constraint
				if bound == nil || *bound <= 1 || slices.Contains(own, name) {
					continue
				}
				want, ok := bounds[name]
				if !ok {
					t.Errorf("%s is %v, which nothing else says", name, *bound)
				} else if float64(want) != *bound {
					t.Errorf("%s is %v, the domain has %d", name, *bound, want)
				}
				seen[name] = true
			}
			for _, alternative := range p.AnyOf {
				p.Enum = append(p.Enum, alternative.Enum...)
			}
			if want := enums[property]; want != nil && len(p.Enum)+len(p.Items.Enum) > 0 {
				got := texts(slices.DeleteFunc(append(slices.Clone(p.Enum), p.Items.Enum...), func(v any) bool { return v == nil })...)
				slices.Sort(got)
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("%s.%s (-want +got): %s", schema, property, d)
				}
				listed[property] = true
			}
		}
	}
	for name := range bounds {
		if !seen[name] {
			t.Errorf("the description has no %s", name)
		}
	}
	for name := range enums {
		if !listed[name] {
			t.Errorf("the description lists no %s", name)
		}
	}
}

// Where a sentence, a page of the docs or the template must write a limit out, it
// is the one that holds.
func TestLimitsAreWrittenAsTheyHold(t *testing.T) {
	english := func(n int) string { return reason.Number("en", n) }
	file := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, x := range []struct{ path, text string }{
		{"../docs/files.md", "| file, packed and unpacked | " + strconv.Itoa(sheet.MaxFileBytes/1_000_000_000) + " GB |"},
		{"../docs/files.md", "| rows | " + english(sheet.MaxRows) + " |"},
		{"../docs/files.md", "| columns | " + english(sheet.MaxColumns) + " |"},
		{"../docs/files.md", "| one row | " + strconv.Itoa(sheet.MaxRowBytes>>20) + " MB |"},
		{"../docs/files.md", "| text | " + english(domain.MaxText) + " characters |"},
		{"../docs/files.md", "| text | up to " + english(domain.MaxText) + " characters"},
		{"../docs/files.md", "| number | up to " + english(field.MaxDigits) + " digits"},
		{"../README.md", "| file | " + strconv.Itoa(sheet.MaxFileBytes/1_000_000_000) + " GB, " + english(sheet.MaxRows) + " rows, " + english(sheet.MaxColumns) + " columns, " + strconv.Itoa(sheet.MaxRowBytes>>20) + " MB a row |"},
		{"../README.md", "| text of a criterion | " + english(domain.MaxText) + " characters |"},
		{"../README.md", "| files, imports and templates are kept | " + english(int(domain.ImportLife.Hours()/24)) + " days |"},
		{"../README.md", "| files, imports and templates are kept | " + english(int(domain.TemplateLife.Hours()/24)) + " days |"},
		{"../docs/storage.md", "`ttl` " + english(domain.MappingDays) + " days"},
		{"../docs/architecture.md", "institution's " + english(domain.Slots) + " *slots*"},
		{"../docs/architecture.md", "remembered for " + english(int(domain.ReturnedLife.Hours()/24)) + " days"},
		{"../template.yaml", "ExpirationInDays: " + english(int(domain.ImportLife.Hours()/24)) + "\n"},
	} {
		if !strings.Contains(file(x.path), x.text) {
			t.Errorf("%s does not say %q", x.path, x.text)
		}
	}
	// In every language, by key: sentences about a form that has no parameters, and
	// the guide.
	for _, lang := range domain.Languages {
		w := wordsOf(t, lang)
		for key, n := range map[string]int{"invalid.code": domain.MaxCode, "badNumber": domain.MaxContactNumber, "invalid.number": domain.MaxContactNumber, "badTitle": domain.MaxTitle} {
			if text := w.reasons.Messages[key]; !regexp.MustCompile(`\b` + strconv.Itoa(n) + `\b`).MatchString(text) {
				t.Errorf("%s, %s: %q does not say %d", lang, key, text, n)
			}
		}
		if !strings.Contains(w.guide, strconv.Itoa(domain.MaxText)+" ") {
			t.Errorf("%s: the guide does not say that a text has %d characters", lang, domain.MaxText)
		}
	}
}
