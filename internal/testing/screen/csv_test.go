package screen_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/file/sheet"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// The screen writes and reads a table as the product does: the guard before what
// a spreadsheet would run, quotes, separators.
func TestTheScreensCSVIsTheProducts(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../web/src/core/csv.js")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	parts := []string{"=", "+", "-", "@", "'", "\t", "\r", "\n", ",", ";", "|", "a", "\""}
	for _, a := range parts {
		for _, b := range parts {
			for _, c := range parts {
				rows = append(rows, []string{"x", a + b + c})
			}
		}
	}
	var want bytes.Buffer
	w := sheet.NewWriter(&want, ';')
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	p.Open(s.URL)
	given, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Text string
		Rows [][]string
	}
	p.Eval(fmt.Sprintf("(() => { %s; const text = write(%s, ';'); return { text, rows: read('sep=;\\r\\n' + text.slice(1)) }; })()", strings.ReplaceAll(string(source), "export function", "function"), given), &got)
	if d := cmp.Diff(strings.Split(want.String(), "x;"), strings.Split(got.Text, "x;")); d != "" {
		t.Errorf("written (-product +screen):\n%s", d)
	}
	if d := cmp.Diff(rows, got.Rows); d != "" {
		t.Errorf("read back (-want +got):\n%s", d)
	}
}
