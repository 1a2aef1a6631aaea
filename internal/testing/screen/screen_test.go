package screen_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

func stack(t *testing.T, o dev.Options) *dev.Stack {
	t.Helper()
	s, err := dev.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// signedIn opens the screen as the user.
func signedIn(s *dev.Stack, p *browser.Page, user string) {
	p.Open(s.URL)
	p.Press("Sign in")
	p.SignIn(user, dev.Password)
	p.Heading("Imports")
}

// table is a CSV as a spreadsheet holds it.
type table struct {
	t    *testing.T
	rows [][]string
}

// unpack reads the form in a template's zip.
func unpack(t *testing.T, b []byte, name string, separator rune) table {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	r.Comma = separator
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return table{t, rows}
}

func (s table) column(name string) int {
	s.t.Helper()
	for i, c := range s.rows[0] {
		if c == name {
			return i
		}
	}
	s.t.Fatalf("no column %s in %v", name, s.rows[0])
	return 0
}

// set writes into the cell of the n-th contact, from 1.
func (s table) set(n int, column, value string) { s.rows[n][s.column(column)] = value }

func (s table) get(n int, column string) string { return s.rows[n][s.column(column)] }

func (s table) number(n int) domain.ContactNumber {
	return domain.ContactNumber(strings.TrimPrefix(s.rows[n][0], "#"))
}

func (s table) bytes(separator rune) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = separator, true
	if err := w.WriteAll(s.rows); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

// The whole job of a marketing assistant, at two institutions with the same
// codes and contact numbers.
func TestTemplateTestUpdateUndo(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	for _, x := range []struct {
		institution, everybody string
		separator              rune
	}{
		{"aurora", "Everybody", ','},
		{"borealis", "Tous les contacts", ';'},
	} {
		t.Run(x.institution, func(t *testing.T) {
			in := domain.InstitutionID(x.institution)
			user := "operator@" + x.institution + ".example"
			p := b.Page(browser.Options{})
			download := p.Downloads()
			signedIn(s, p, user)

			// A template, with a mail.
			mails := len(s.Mails.Sent())
			p.Press("Download import template")
			p.Heading("Download import template")
			p.Choose("Dynamic target", x.everybody)
			p.See("200 contacts match")
			p.Press("Choose none")
			p.Check("Favourite genre GENRE")
			p.Check("Season subscriber SUBSCRIBER")
			if got := p.Value("E-mail address"); got != user {
				t.Errorf("the e-mail address is %q", got)
			}
			p.Press("Prepare the template")
			p.See("is ready; its download has started")
			form := unpack(t, download(), "criteria.csv", x.separator)
			if len(form.rows) != 201 {
				t.Fatalf("the form has %d lines", len(form.rows))
			}
			sent := s.Mails.Sent()
			if len(sent) != mails+1 || sent[mails].To != user || !strings.Contains(sent[mails].Text, s.URL) {
				t.Fatalf("mails: %+v", sent)
			}

			// Five changes, one slip, and one that a colleague makes meanwhile.
			genre := func(n int) string {
				if form.get(n, "[old] GENRE") == "JAZZ" {
					return "ROCK"
				}
				return "JAZZ"
			}
			for n := 1; n <= 7; n++ {
				form.set(n, "[new] GENRE", genre(n))
			}
			form.set(6, "[new] GENRE", "JAZZZ")
			colleague, err := s.Contacts.Get(t.Context(), in, form.number(7))
			if err != nil {
				t.Fatal(err)
			}
			colleague.Fields["criterion:GENRE"] = "FOLK"
			if _, err := s.Contacts.Put(t.Context(), in, colleague, domain.Provenance{By: "colleague"}); err != nil {
				t.Fatal(err)
			}
			before := map[domain.ContactNumber]domain.Value{}
			for n := 1; n <= 7; n++ {
				c, err := s.Contacts.Get(t.Context(), in, form.number(n))
				if err != nil {
					t.Fatal(err)
				}
				before[form.number(n)] = c.Get("criterion:GENRE")
			}
			changed := func() (n int) {
				for number, v := range before {
					c, err := s.Contacts.Get(t.Context(), in, number)
					if err != nil {
						t.Fatal(err)
					}
					if c.Get("criterion:GENRE") != v {
						n++
					}
				}
				return n
			}

			// A test writes nothing.
			p.Press("Imports")
			p.Press("New")
			p.Upload("spring.csv", form.bytes(x.separator))
			p.SeeIn(".recognised", "Recognised from the file: Criteria")
			p.Press("Test the file")
			p.See("Nothing has been written")
			p.See("5 contacts would be changed.")
			p.See("2 rows would not go in")
			p.See("Did you mean JAZZ?")
			p.See("in the template")
			if n := changed(); n != 0 {
				t.Fatalf("the test changed %d contacts", n)
			}
			p.Press("Contact #" + string(form.number(7)))
			p.See("colleague")
			p.Eval("history.back()", nil)
			p.See("in the template")
			p.Press("Download error file")
			if got := string(download()); !strings.Contains(got, "JAZZZ") || strings.Count(got, "\r\n") != 3 {
				t.Errorf("the error file is\n%s", got)
			}

			// The update of the very file.
			p.Press("Update now with this file")
			p.See("Change 5 contacts?")
			p.Press("Update now with this file")
			p.See("5 contacts have been changed")
			if n := changed(); n != 5 {
				t.Fatalf("the update changed %d contacts", n)
			}

			// Somebody changes one of them before the undo.
			again, err := s.Contacts.Get(t.Context(), in, form.number(1))
			if err != nil {
				t.Fatal(err)
			}
			again.Fields["criterion:GENRE"] = "OPERA"
			if _, err := s.Contacts.Put(t.Context(), in, again, domain.Provenance{By: "colleague"}); err != nil {
				t.Fatal(err)
			}
			p.Press("Undo this update")
			p.See("Undoing would put back the earlier values of 4 contacts.")
			p.See("1 row would not go in")
			if n := changed(); n != 5 {
				t.Fatalf("after the preview %d contacts are changed", n)
			}
			p.Press("Undo now")
			p.See("4 contacts have their earlier values back")
			if n := changed(); n != 1 {
				t.Fatalf("after the undo %d contacts are changed", n)
			}

			p.Press("Imports")
			for _, word := range []string{"spring.csv", "spring-undo.csv", "Test", "Update", "Undo", "Preview of an undo"} {
				p.See(word)
			}
			if v := p.Axe(); len(v) > 0 {
				t.Error(v)
			}
		})
	}
	if got := fmt.Sprint(len(s.Mails.Sent())); got != "2" {
		t.Errorf("%s mails", got)
	}
}
