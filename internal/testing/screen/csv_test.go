package screen_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
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

// What a list from elsewhere is about is told by its addresses, in whichever language
// and encoding its columns are; what tells nothing is asked.
func TestWhatAFileIsAbout(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for _, name := range []string{"csv", "sniff"} {
		b, err := os.ReadFile("../../web/src/core/" + name + ".js")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(strings.ReplaceAll(string(b), "export ", "")) {
			if !strings.HasPrefix(line, "import ") {
				source.WriteString(line)
			}
		}
	}
	zipped := func(name string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte("a@b.example"))
		}
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	p.Open(s.URL)
	for _, c := range []struct{ name, file, want string }{
		{"box office.csv", "Kundennr.;Nachname;E-Mail\r\n40001;M\xfcller;kaethe@tickets.example\r\n", "contacts"},
		{"newsletter.csv", "Courriel;Nom\n\n;Sans\nzoe@mots.example;Zoé\n", "contacts"},
		{"titled.csv", "Iscritti 2026\n\nCognome,Posta\nRossi,ida@lista.example\n", "contacts"},
		{"template.csv", "Contact,[info] Email,[new] GENRE\n#1,ida@lista.example,JAZZ\n", "criteria"},
		{"numbers.csv", "Kundennr.;Umsatz\n40001;12,50\n", ""},
		{"handles.csv", "Konto;Notiz\n@aurora;a @ b\n", ""},
		{"template", zipped("criteria.csv"), "criteria"},
		{"authorisations of May.csv", zipped("[Content_Types].xml"), "authorisations"},
		{"list", zipped("list.csv"), ""},
		{"list.xlsx", "Name;E-Mail\nBerg;ida@lista.example\n", "contacts"},
	} {
		b, err := json.Marshal([]byte(c.file))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		p.Eval(fmt.Sprintf(`(() => { %s; const bytes = Uint8Array.from(atob(%s), (c) => c.charCodeAt(0));
			return sniff(new File([bytes], %q), { byCode: { GENRE: { room: 'criterion' } } }).then((s) => s?.dataType || ''); })()`, source.String(), b, c.name), &got)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
