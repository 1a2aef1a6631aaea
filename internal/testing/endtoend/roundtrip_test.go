package endtoend_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/testing/fonts"
	"rollbook/internal/testing/needs"
)

// everyone makes a dynamic target of all contacts.
func (c *client) everyone(name string) string {
	c.t.Helper()
	var t struct{ ID string }
	c.call(http.StatusCreated, "POST", "/api/targets", map[string]any{"name": name, "condition": map[string]any{"all": []any{}}}, &t)
	return t.ID
}

// libreoffice converts a file as a person does who opens it and saves it under
// another type.
func libreoffice(t *testing.T, in, filter string) string {
	t.Helper()
	soffice := needs.Program(t, "office", "soffice")
	dir := t.TempDir()
	args := []string{"-env:UserInstallation=" + (&url.URL{Scheme: "file", Path: filepath.Join(dir, "profile")}).String(), "--headless", "--convert-to", filter, "--outdir", dir, in}
	if filepath.Ext(in) == ".csv" {
		// 76 is UTF-8, which its import dialog proposes for a file with our byte
		// order mark; without a dialog it takes the system's encoding.
		args = append(args, "--infilter=Text - txt - csv (StarCalc):44,34,76")
	}
	cmd := exec.Command(soffice, args...)
	cmd.Env = append(os.Environ(), fonts.Only(t, fonts.Narrow, t.TempDir()))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ext, _, _ := strings.Cut(filter, ":")
	name := filepath.Join(dir, strings.TrimSuffix(filepath.Base(in), filepath.Ext(in))+"."+ext)
	if _, err := os.Stat(name); err != nil {
		t.Fatal(err)
	}
	return name
}

// The main job: a target of 2,000 contacts, a template by mail, 500 cells
// edited in a file that a spreadsheet program wrote, test, update, every value
// read back, undo, and the same template as before.
func TestRoundTrip(t *testing.T) {
	c := as(t, "operator@aurora.example")
	target := as(t, "admin@aurora.example").everyone("Round trip")
	files := c.template(domain.Criteria, target, "roundtrip@aurora.example")
	if d := cmp.Diff([]string{"README.txt", "criteria.csv", "values.csv"}, sorted(files)); d != "" {
		t.Fatal(d)
	}
	before := table(t, files["criteria.csv"])
	if len(before) != contacts+1 {
		t.Fatalf("%d lines, want %d", len(before), contacts+1)
	}
	if d := cmp.Diff([]string{"Contact", "[info] Email", "[info] Last name", "[info] First name"}, before[0][:4]); d != "" {
		t.Fatal(d)
	}

	// LibreOffice opens the CSV and saves it as .xlsx, opens that and saves it as
	// CSV: what a spreadsheet does to numbers, codes and accents happens here.
	xlsx := libreoffice(t, save(t, "criteria.csv", files["criteria.csv"]), "xlsx")
	saved, err := os.ReadFile(libreoffice(t, xlsx, "csv:Text - txt - csv (StarCalc):44,34,76"))
	if err != nil {
		t.Fatal(err)
	}
	rows := table(t, append([]byte("\ufeff"), bytes.TrimPrefix(saved, []byte("\ufeff"))...))
	if len(rows) != len(before) {
		t.Fatalf("LibreOffice wrote %d lines, want %d", len(rows), len(before))
	}

	// 500 cells: a genre other than the one there, texts, and cleared values.
	want := map[string]map[string]string{} // contact → code → value
	edit := func(row int, code, new, value string) {
		rows[row][column(t, rows, "[new] "+code)] = new
		n := strings.TrimPrefix(rows[row][0], "#")
		if want[n] == nil {
			want[n] = map[string]string{}
		}
		want[n][code] = value
	}
	genre, noteCol := column(t, rows, "[old] GENRE"), column(t, rows, "[old] NOTE")
	cells := 0
	for i := 1; cells < 500; i++ {
		switch {
		case i%3 == 0 && rows[i][noteCol] != "":
			edit(i, "NOTE", "Empty", "")
		case i%3 == 1:
			edit(i, "NOTE", fmt.Sprintf("Été à Zürich n° %d", i), fmt.Sprintf("Été à Zürich n° %d", i))
		default:
			v := "JAZZ"
			if rows[i][genre] == v {
				v = "OPERA"
			}
			edit(i, "GENRE", strings.ToLower(v), v)
		}
		cells++
	}
	changed := len(want)
	file := written(t, rows, ';')

	test := c.run(domain.Criteria, domain.Test, file)
	counts := domain.Counts{Rows: contacts, Updated: changed, Unchanged: contacts - changed}
	if test.Status != domain.Done || test.Counts != counts {
		t.Fatalf("test: %s %+v, want %+v: %+v %+v", test.Status, test.Counts, counts, test.Problem, test.Problems)
	}
	after := c.template(domain.Criteria, target, "roundtrip@aurora.example")
	if d := cmp.Diff(before[1:], table(t, after["criteria.csv"])[1:]); d != "" { // the header says when each was made
		t.Fatalf("the test changed something: %s", d)
	}

	update := c.follow(test.ID, "update")
	if update.Status != domain.Done || update.Counts != counts || update.Of != test.ID {
		t.Fatalf("update: %s %+v, want %+v: %+v %+v", update.Status, update.Counts, counts, update.Problem, update.Problems)
	}
	if d := cmp.Diff(test.Fields, update.Fields); d != "" {
		t.Errorf("test and update report other changes: %s", d)
	}
	for n, values := range want {
		var got struct {
			Criteria map[string]any
		}
		c.call(http.StatusOK, "GET", "/api/contacts/"+n, nil, &got)
		for code, v := range values {
			is, _ := got.Criteria[code].(string)
			if is != v {
				t.Errorf("contact %s: %s is %q, want %q", n, code, is, v)
			}
		}
	}
	if lines := table(t, c.download("/api/imports/"+update.ID+"/files/changes")); len(lines) != cells+1 {
		t.Errorf("changes.csv has %d changes, want %d", len(lines)-1, cells)
	}

	undo := c.follow(update.ID, "undo")
	if want := (domain.Counts{Rows: changed, Updated: changed}); undo.Status != domain.Done || undo.Counts != want {
		t.Fatalf("undo: %s %+v, want %+v: %+v", undo.Status, undo.Counts, want, undo.Problems)
	}
	restored := c.template(domain.Criteria, target, "roundtrip@aurora.example")
	if !cmp.Equal(before[1:], table(t, restored["criteria.csv"])[1:]) {
		t.Error("after the undo the template is not what it was")
	}
	if original := c.download("/api/imports/" + update.ID + "/files/original"); !bytes.Equal(original, file) {
		t.Error("the original file is not what was uploaded")
	}

	// Pressed twice: one import each; the second names the first.
	for what, first := range map[string]string{test.ID + "/update": update.ID, update.ID + "/undo": undo.ID} {
		a := c.do("POST", "/api/imports/"+what, nil)
		if a.status != http.StatusConflict || !strings.Contains(string(a.body), first) {
			t.Errorf("second %s: %d %s, want 409 naming %s", what, a.status, a.body, first)
		}
	}
}

func sorted[V any](m map[string]V) []string {
	var ks []string
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

// Authorisations, in every way people write them, and what somebody else
// changed between export and import.
func TestAuthorisationsAndConflict(t *testing.T) {
	c := as(t, "operator@borealis.example")
	target := as(t, "admin@borealis.example").everyone("Everyone")
	rows := table(t, c.template(domain.Authorisations, target, "conflict@borealis.example")["authorisations.csv"])
	old, new := column(t, rows, "[old] EMAIL"), column(t, rows, "[new] EMAIL")
	ways := []struct{ text, value string }{
		{"TRUE", "true"}, {"true", "true"}, {"T", "true"}, {"t", "true"}, {"VRAI", "true"}, {"oui", "true"},
		{"FALSE", "false"}, {"false", "false"}, {"F", "false"}, {"f", "false"}, {"FALSCH", "false"}, {"nein", "false"},
		{"Empty", ""}, {"EMPTY", ""}, {"Vide", ""},
	}
	updated := 0
	for i, w := range ways {
		rows[i+1][new] = w.text
		if rows[i+1][old] != w.value {
			updated++
		}
	}
	// A colleague changes one of them at the screen, to what the file does not want.
	n := strings.TrimPrefix(rows[1][0], "#")
	var contact map[string]any
	c.call(http.StatusOK, "GET", "/api/contacts/"+n, nil, &contact)
	contact["authorisations"].(map[string]any)["EMAIL"] = false
	rows[1][new] = "T"
	conflict := rows[1][old] != "false" // else the colleague changes nothing
	if !conflict {
		contact["authorisations"].(map[string]any)["EMAIL"] = "empty"
	}
	delete(contact, "provenance")
	c.call(http.StatusOK, "PUT", "/api/contacts/"+n, contact, nil)
	if rows[1][old] != "true" {
		updated-- // that row no longer goes in
	}
	got := c.run(domain.Authorisations, domain.Update, written(t, rows[:len(ways)+1], ';'))
	k := got.Counts
	if got.Status != domain.Done || k.Rows != len(ways) || k.Updated != updated || k.Rejected != 0 || k.Unprocessed != 0 {
		t.Fatalf("%s %+v, want %d updated: %+v %+v", got.Status, k, updated, got.Problem, got.Problems)
	}
	if k.Conflicted != 1 {
		t.Fatalf("%+v, want one conflict", k)
	}
	p := got.Problems[0]
	if p.Line != 2 || p.Column != "[new] EMAIL" || p.Old == nil || p.Live == nil || p.New == nil || *p.New != "true" || *p.Old != rows[1][old] || string(p.Contact) != n {
		t.Errorf("conflict: %+v", p)
	}
	for i, w := range ways[1:] {
		var got struct{ Authorisations map[string]any }
		c.call(http.StatusOK, "GET", "/api/contacts/"+strings.TrimPrefix(rows[i+2][0], "#"), nil, &got)
		want := map[string]any{"true": true, "false": false, "": "empty"}[w.value]
		if got.Authorisations["EMAIL"] != want {
			t.Errorf("%q became %v, want %v", w.text, got.Authorisations["EMAIL"], want)
		}
	}
	errs := table(t, c.download("/api/imports/"+got.ID+"/files/errors"))
	// The institution is French, and so is what the file says of the row.
	if len(errs) != 2 || errs[1][0] != rows[1][0] || errs[1][column(t, errs, "[error] outcome")] != "en conflit" ||
		!strings.HasPrefix(errs[1][column(t, errs, "[error] message")], "Quelqu’un a modifié cette valeur depuis l’export.") {
		t.Errorf("errors.csv: %q", errs)
	}
}
