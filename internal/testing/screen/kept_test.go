package screen_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// misspelt tests a file of rows with genres that are none, one row for each of them.
func misspelt(t *testing.T, s *dev.Stack, genres ...string) domain.Import {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("Contact,[new] GENRE\r\n")
	n := 0
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		if n == len(genres) {
			break
		}
		fmt.Fprintf(&b, "#%s,%s\r\n", c.Number, genres[n])
		n++
	}
	i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "kept.csv", DataType: domain.Criteria, Action: domain.Test, CreatedBy: "u2 operator@aurora.example"}, b.Bytes())
	if err != nil || i.Status != domain.Done {
		t.Fatal(i, err)
	}
	return i
}

const kept = "Saved with the import"

// What is pasted goes where it can be written: a row that is left out stays as it
// is and is counted, and quotes, tabs and line ends mean what they do in a spreadsheet.
func TestPasteIntoTheRows(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	i := misspelt(t, s, "Xylo", "Yodel", "Zither", "Qanun")
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Go("#/imports/" + i.ID)
	p.See("4 rows cannot go in as they are")
	p.Press("By row")
	p.SeeIn("[role=grid]", "Xylo")
	p.PressIn("Yodel", "Leave out")
	p.See("1 correction, not tested yet")
	paste := func(text string) {
		t.Helper()
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Eval(`const d = new DataTransfer();
			d.setData('text/plain', `+string(b)+`);
			document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: d, bubbles: true, cancelable: true }));`, nil)
	}
	p.Eval("document.querySelector('[role=gridcell][data-at=\"0 1\"]').focus()", nil)
	p.Keys(kb.Delete)
	p.See("2 corrections, not tested yet")
	paste("JAZZ\tbeside the table\r\nOPERA\r\n\"Zither\n\"\"two\"\"\t\"\r\nROCK\r\n")
	p.See("3 cells pasted.")
	p.See("2 did not fit")
	p.See("4 corrections, not tested yet")
	p.SeeIn("[role=grid]", "Yodel")
	p.Keys(kb.ArrowDown, kb.Delete)
	p.Keys("x")
	p.See("4 corrections, not tested yet")
	p.Press("Test again")
	p.See("4 corrections are part of this test")
	p.See("See the test before this one")
	got, err := s.File(t.Context(), "aurora", newest(t, s).ID, "corrected")
	if err != nil {
		t.Fatal(err)
	}
	read, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(got, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, row := range read {
		values = append(values, row[1])
	}
	if d := cmp.Diff([]string{"[new] GENRE", "JAZZ", "Zither\n\"two\"\t", "ROCK"}, values); d != "" {
		t.Error(d)
	}
}

// What is decided is with the import: on another computer, for a colleague, who
// decides at the same time, and it outlives a network that is away.
func TestDecisionsAreKept(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	i := misspelt(t, s, "Xylo", "Yodel", "Zither", "Qanun", "Wales", "Vocal")
	b := browser.New(t)
	at := "#/imports/" + i.ID
	p := b.Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Go(at)
	p.See("6 rows cannot go in as they are")
	leave := func(p *browser.Page, value string) {
		t.Helper()
		p.Press("Leave out this row: " + value)
	}
	leave(p, "Xylo")
	p.See(kept)

	// Another person, in another browser.
	q := b.Page(browser.Options{})
	signedIn(s, q, "admin@aurora.example")
	q.Go(at)
	q.See("1 correction, not tested yet")
	q.See("Last saved by operator@aurora.example")
	leave(q, "Yodel")
	q.See(kept)
	// Who had the page open before loses nothing and learns of it.
	p.Allow("412")
	leave(p, "Zither")
	p.See("A colleague was deciding here too")
	p.See("3 corrections, not tested yet")
	// What one takes back is not brought back by the other.
	q.Allow("412")
	q.Press("Take back: Yodel")
	q.See("A colleague was deciding here too")
	q.See("2 corrections, not tested yet")

	// Without a network it is in the browser, and the user is told.
	p.Go("#/imports")
	p.Heading("Imports")
	p.Open("about:blank")
	p.Open(s.URL + "/" + at)
	p.See("2 corrections, not tested yet")
	p.Allow("ERR_INTERNET_DISCONNECTED")
	p.Offline(true)
	leave(p, "Qanun")
	p.See("Not saved yet.")
	p.Press("Test again")
	p.See("The server cannot be reached.")
	p.See("3 corrections, not tested yet")
	p.Offline(false)
	p.Open("about:blank")
	p.Open(s.URL + "/" + at)
	p.See("3 corrections, not tested yet")
	p.See(kept)
	q.Open("about:blank")
	q.Open(s.URL + "/" + at)
	q.See("3 corrections, not tested yet")

	// The test takes them along, and nothing waits any more.
	p.Press("Test again")
	p.See("3 corrections are part of this test")
	p.Gone("not tested yet")
	if i := newest(t, s); i.Counts.Rejected != 3 || i.Corrections == nil || i.Corrections.Count != 3 {
		t.Errorf("%+v %+v", i.Counts, i.Corrections)
	}
	q.Open("about:blank")
	q.Open(s.URL + "/" + at)
	q.See("6 rows cannot go in as they are")
	q.Gone("not tested yet")
}

// bounded fails if the page has more elements than a person can use.
func bounded(t *testing.T, p *browser.Page, what string) {
	t.Helper()
	var n int
	p.Eval("document.querySelectorAll('*').length", &n)
	if n > 3000 {
		t.Errorf("%s: %d elements", what, n)
	}
}

// Whoever decides while what was decided before is still on its way does not get in
// her own way.
func TestDecisionsBeforeTheOldOnesAreThere(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	i := misspelt(t, s, "Xylo", "Yodel", "Zither", "Qanun")
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Eval(`const real = window.fetch;
		window.fetch = async (path, o) => {
			if (String(path).endsWith('/draft') && (o?.method ?? 'GET') === 'GET') await new Promise((done) => { window.oldOnes = done; });
			return real(path, o);
		};`, nil)
	p.Go("#/imports/" + i.ID)
	p.See("4 rows cannot go in as they are")
	// Each is sent after a pause, and waits.
	for n, value := range []string{"Xylo", "Yodel"} {
		p.Press("Leave out this row: " + value)
		p.See([]string{"1 correction, not tested yet", "2 corrections, not tested yet"}[n])
		p.Eval(fmt.Sprintf("setTimeout(() => { window.waited = %d; }, 1200)", n+1), nil)
		p.Until(fmt.Sprintf("window.waited === %d", n+1))
	}
	p.Eval("window.oldOnes()", nil)
	p.See(kept)
	p.See("2 corrections, not tested yet")
	if p.Sees("A colleague was deciding here too") {
		t.Error("nobody else was there")
	}
}

// An import of 100,000 problems and one of 10,000 corrections: the page shows no
// more of them than can be read, and asks for no more than it shows.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	var f bytes.Buffer
	fmt.Fprintf(&f, "Contact,[new] GENRE,[new] LAST_VISIT\r\n#%s,JAZZ,2025-02-03\r\n", somebody(t, s))
	for n := range 50_000 {
		genre := fmt.Sprintf("Genre %d", n)
		if n < 10_001 {
			genre = "Polkka"
		}
		fmt.Fprintf(&f, "#9%06d,%s,2025-02-3%d\r\n", n, genre, n%10)
	}
	i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "many.csv", DataType: domain.Criteria, Action: domain.Test, CreatedBy: "u2 operator@aurora.example"}, f.Bytes())
	if err != nil || i.ProblemsAll != 100_000 {
		t.Fatal(i.Status, i.ProblemsAll, i.Problem, i.Counts, err)
	}
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Go("#/values")
	p.Settled()
	came := p.Traffic()
	p.Go("#/imports/" + i.ID)
	p.See("50,000 rows cannot go in as they are")
	p.See("Polkka")
	p.Settled()
	bounded(t, p, "100,000 problems")
	if got := came(); got.Requests > 8 || got.Bytes > 400_000 {
		t.Errorf("the page of 100,000 problems took %+v", got)
	}
	came = p.Traffic()
	p.Press("By row")
	p.SeeIn("[role=grid]", "Polkka")
	bounded(t, p, "rows")
	p.Press("Next")
	p.SeeIn("[role=grid]", "52")
	bounded(t, p, "the next rows")
	if got := came(); got.Requests > 4 || got.Bytes > 200_000 {
		t.Errorf("two pages of rows took %+v", got)
	}

	p.Press("By mistake")
	p.See("Polkka")
	p.Press("Leave out these 10,001 rows: Polkka")
	p.See("10,001 corrections are more than the 10,000")
	bounded(t, p, "10,001 corrections")
	p.Press("By row")
	p.SeeIn("[role=grid]", "Polkka")
	p.Press("Take back: Line 3")
	p.See("10,000 corrections, not tested yet")
	p.See(kept)
	p.Press("Show all 10,000 corrections")
	p.See("Show 9,950 more")
	bounded(t, p, "10,000 corrections")

	// One more decision asks for nothing and sends what there is once.
	p.Press("Take back: Line 4")
	p.See("9,999 corrections, not tested yet")
	p.See("Saving")
	p.See(kept)
	came = p.Traffic()
	for range 20 {
		p.Keys(kb.ArrowDown)
	}
	if got := came(); got.Requests != 0 {
		t.Errorf("moving in the table took %+v", got)
	}
	p.Open("about:blank")
	p.Open(s.URL + "/#/imports/" + i.ID)
	p.See("9,999 corrections, not tested yet")
	bounded(t, p, "10,000 corrections, opened anew")
	p.Press("Test again")
	p.See("9,999 corrections are part of this test")
	p.See("40,001 rows cannot go in as they are")
	bounded(t, p, "the test with them")
}

// At 50 kB a second the same job is done, in requests that such a network takes.
func TestSlowNetwork(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{Contacts: 600})
	file, _, changes := spoilt(t, s)
	p := browser.New(t).Page(browser.Options{})
	p.Slow(50_000)
	came := p.Traffic()
	p.Open(s.URL)
	p.Press("Sign in")
	p.SignIn("operator@aurora.example", dev.Password)
	p.Heading("Imports")
	p.Settled()
	if got := came(); got.Bytes > 200_000 {
		t.Errorf("until the list is there: %+v", got)
	}
	p.Press("New")
	p.Upload("spring.csv", file)
	p.SeeIn(".recognised", "Recognised from the file: Criteria")
	came = p.Traffic()
	p.Press("Test the file")
	p.See("28 rows cannot go in as they are")
	p.See("40 rows conflict with what is stored")
	if got := came(); got.Bytes > 200_000 {
		t.Errorf("from the file to its problems: %+v", got)
	}
	came = p.Traffic()
	p.Press("Take all 3 suggestions")
	p.PressIn("All conflicts", "Take ours")
	p.See("4 corrections, not tested yet")
	for n := range 12 {
		p.Fill(fmt.Sprintf("New value for 2025-13-%02d", n+1), fmt.Sprintf("2025-03-%02d", n+1))
		p.Keys(kb.Enter)
	}
	p.See("16 corrections, not tested yet")
	p.See(kept)
	// Decisions are sent together, not one by one.
	if got := came(); got.Requests > 16 || got.Bytes > 50_000 {
		t.Errorf("16 decisions took %+v", got)
	}
	p.Press("Test again")
	p.See(fmt.Sprintf("%d contacts would be changed.", changes))
	p.Press("Update now with this file")
	p.See(fmt.Sprintf("Change %d contacts?", changes))
	p.Press("Update now with this file")
	p.See(fmt.Sprintf("%d contacts have been changed", changes))
	if i := newest(t, s); i.Action != domain.Update || i.Counts.Updated != changes || !strings.HasPrefix(i.FileName, "spring") {
		t.Errorf("%+v", i)
	}
}
