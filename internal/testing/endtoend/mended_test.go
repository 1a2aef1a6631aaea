package endtoend_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
)

// numbers are the first contacts of the operator's institution.
func (c *client) numbers(n int) []string {
	c.t.Helper()
	var page struct{ Items []struct{ Number string } }
	c.call(http.StatusOK, "GET", fmt.Sprintf("/api/contacts?limit=%d", n), nil, &page)
	var out []string
	for _, x := range page.Items {
		out = append(out, x.Number)
	}
	return out
}

// What is mended on the page and what a program sends as corrections make the same
// bytes; values are set for a target, and cells are pasted, without a file.
func TestMendedOnThePage(t *testing.T) {
	const user = "operator@aurora.example"
	c := as(t, user)
	var file bytes.Buffer
	file.WriteString("Contact,[new] GENRE,[new] LAST_VISIT\r\n")
	for n, number := range c.numbers(12) {
		fmt.Fprintf(&file, "#%s,%s,%s\r\n", number, []string{"JAZZ", "Jazzz", "Jazzz"}[n%3], []string{"2025-03-01", "2025-03-01", "2025-03-01", "2025-13-01"}[n%4])
	}
	of := c.run(domain.Criteria, domain.Test, file.Bytes())
	if of.Counts.Rejected == 0 {
		t.Fatalf("%+v", of)
	}

	p := browser.New(t).Page(browser.Options{})
	p.Allow("favicon.ico")
	p.Open(stack.URL)
	p.Press("Sign in")
	for _, u := range stack.Users {
		if u.Email == user {
			p.SignIn(u.Email, u.Password)
		}
	}
	p.Heading("Imports")
	p.Go("#/imports/" + of.ID)
	p.Press("Replace by Jazz")
	p.See("1 correction, not tested yet")
	p.Fill("New value for 2025-13-01", "2025-03-02")
	p.Keys(kb.Enter)
	p.See("2 corrections, not tested yet")
	p.See("Saved with the import")
	// A colleague's program sees what was decided.
	var draft struct {
		Recipe struct{ Corrections []map[string]any }
	}
	as(t, "admin@aurora.example").call(http.StatusOK, "GET", "/api/imports/"+of.ID+"/draft", nil, &draft)
	if len(draft.Recipe.Corrections) != 2 {
		t.Errorf("%+v", draft)
	}
	p.Press("Test again")
	p.See("2 corrections are part of this test")
	var mine string
	p.Eval("location.hash.split('/').pop()", &mine)

	var made created
	c.call(http.StatusCreated, "POST", "/api/imports/"+of.ID+"/test", map[string]any{"corrections": []any{
		map[string]any{"column": "[new] GENRE", "from": "Jazzz", "to": "JAZZ"}, map[string]any{"column": "[new] LAST_VISIT", "from": "2025-13-01", "to": "2025-03-02"}}}, &made)
	if i := c.wait(made.ID); i.Counts.Rejected != 0 {
		t.Errorf("%+v", i.Counts)
	}
	want, got := c.download("/api/imports/"+made.ID+"/files/corrected"), c.download("/api/imports/"+mine+"/files/corrected")
	if d := cmp.Diff(string(want), string(got)); d != "" || strings.Contains(string(got), "Jazzz") {
		t.Errorf("corrected by the page and by a program:\n%s", d)
	}

	// Without a file, from a target.
	p.Press("Dynamic targets")
	p.Press("Subscribers")
	p.Press("Set values")
	p.See("contacts match")
	p.Choose("Field 1", "Favourite genre")
	p.Choose("New value of field 1", "Folk and world")
	p.Press("Test these values")
	p.See("Nothing has been written")
	p.See("would be changed")
	p.Press("Update now with this file")
	p.Press("Update now with this file")
	p.See("have been changed")
	var set string
	p.Eval("location.hash.split('/').pop()", &set)
	if i := c.wait(set); i.Counts.Updated == 0 || i.Counts.Rejected+i.Counts.Conflicted+i.Counts.Unprocessed != 0 {
		t.Errorf("%+v", i.Counts)
	}
	if i := c.follow(set, "undo"); i.Counts.Updated == 0 || i.Counts.Conflicted != 0 {
		t.Errorf("the undo: %+v", i.Counts)
	}

	// And from the clipboard.
	p.Go("#/new")
	p.Heading("New import")
	p.Press("Paste cells instead")
	p.Fill("Cells from a spreadsheet", strings.ReplaceAll(strings.ReplaceAll(file.String(), ",", "\t"), "Jazzz", "JAZZ"))
	p.Press("Use these 12 rows")
	p.SeeIn(".recognised", "Criteria")
	p.Press("Test the file")
	p.See("Nothing has been written")
	p.SeeIn(".mend", "2025-13-01")
}
