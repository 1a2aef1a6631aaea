package browser

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Job is the whole job of a marketing assistant in the browser, at any stack
// with the demo's catalogue: sign in, make a template, fill it in, test it,
// update, look what an undo would do, and undo.
type Job struct {
	URL            string // of the screen
	User, Password string
	Target         string // a dynamic target with at least ten contacts
	Separator      rune   // the institution's
}

var contactsMatch = regexp.MustCompile(`([\d,]+) contacts match`)

// Run does the job in the page, in English. It changes the genre of six
// contacts and puts it back, and sends one mail to the user.
func (j Job) Run(t testing.TB, p *Page) {
	t.Helper()
	// The sign-in page of an emulator has no icon.
	p.Allow("favicon.ico")
	download := p.Downloads()
	p.Open(j.URL)
	p.Press("Sign in")
	p.SignIn(j.User, j.Password)
	p.Heading("Imports")

	p.Press("Download import template")
	p.Choose("Dynamic target", j.Target)
	p.See("contacts match")
	var text string
	p.Eval("document.querySelector('main').innerText", &text)
	n, err := strconv.Atoi(strings.ReplaceAll(contactsMatch.FindStringSubmatch(text)[1], ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	p.Press("Choose none")
	p.Check("Favourite genre GENRE")
	if got := p.Value("E-mail address"); got != j.User {
		t.Errorf("the e-mail address is %q", got)
	}
	p.Press("Prepare the template")
	p.See("is ready; its download has started")
	form := j.unpack(t, download())
	if len(form) != n+1 {
		t.Fatalf("the form has %d lines for %d contacts", len(form), n)
	}

	// Six changes and a slip.
	oldAt, newAt := -1, -1
	for i, name := range form[0] {
		switch name {
		case "[old] GENRE":
			oldAt = i
		case "[new] GENRE":
			newAt = i
		}
	}
	if oldAt < 0 || newAt < 0 {
		t.Fatalf("the form has the columns %v", form[0])
	}
	for _, row := range form[1:7] {
		row[newAt] = "JAZZ"
		if row[oldAt] == "JAZZ" || strings.HasPrefix(row[oldAt], "JAZZ ") {
			row[newAt] = "ROCK"
		}
	}
	form[7][newAt] = "JAZZZ"
	file := j.pack(t, form)

	p.Press("Imports")
	p.Press("New")
	p.Upload("spring.csv", file)
	p.SeeIn(".recognised", "Recognised from the file: Criteria")
	p.Press("Test the file")
	p.See("Nothing has been written")
	p.See("6 contacts would be changed.")
	p.See("1 row would not go in")
	p.See("Did you mean JAZZ?")
	p.Press("Download error file")
	if got := string(download()); !strings.Contains(got, "JAZZZ") || strings.Count(got, "\r\n") != 2 {
		t.Errorf("the error file is\n%s", got)
	}
	p.Press("Update now with this file")
	p.See("Change 6 contacts?")
	p.Press("Update now with this file")
	p.See("6 contacts have been changed")
	p.Press("Undo this update")
	p.See("Undoing would put back the earlier values of 6 contacts.")
	p.Press("Undo now")
	p.See("6 contacts have their earlier values back")
	for _, v := range p.Axe() {
		t.Error(v)
	}
}

func (j Job) unpack(t testing.TB, b []byte) [][]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("criteria.csv")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	r.Comma = j.Separator
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func (j Job) pack(t testing.TB, rows [][]string) []byte {
	t.Helper()
	var b bytes.Buffer
	fmt.Fprint(&b, "\ufeff")
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = j.Separator, true
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
