package screen_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"rollbook/internal/api"
	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// genres is a small file that sets a genre for the first n contacts.
func genres(t testing.TB, s *dev.Stack, in domain.InstitutionID, n int, value string) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("Contact,[new] GENRE\r\n")
	for c, err := range s.Contacts.All(t.Context(), in) {
		if err != nil {
			t.Fatal(err)
		}
		if n--; n < 0 {
			break
		}
		fmt.Fprintf(&b, "#%s,%s\r\n", c.Number, value)
	}
	return b.Bytes()
}

func newest(t *testing.T, s *dev.Stack) domain.Import {
	t.Helper()
	is, _, err := s.Jobs.Imports(t.Context(), "aurora", 1, "")
	if err != nil || len(is) == 0 {
		t.Fatal(is, err)
	}
	// Lists have no reports.
	i, err := s.Jobs.Import(t.Context(), "aurora", is[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// The whole job without a mouse.
func TestKeyboardOnly(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	p.Open(s.URL)
	p.See("Sign in")
	p.TabTo("Sign in")
	p.Keys(kb.Enter)
	p.SignIn("operator@aurora.example", dev.Password)
	p.Heading("Imports")

	p.Keys(kb.Tab)
	p.FocusIs("button Skip to the content")
	p.Keys(kb.Enter)
	p.FocusIs("h1 Imports")
	p.TabTo("New")
	p.Keys(kb.Enter)
	p.Heading("New import")
	p.FocusIs("h1 New import")

	// Without a file there is a reason, and the focus is where to mend it.
	p.TabTo("Test the file")
	p.Keys(kb.Enter)
	p.See("Choose a file.")
	if got := p.Focus(); !strings.HasPrefix(got, "file ") {
		t.Errorf("the focus is on %q", got)
	}
	p.Upload("list.csv", genres(t, s, "aurora", 3, "FOLK"))
	p.SeeIn(".recognised", "Recognised from the file: Criteria")
	p.TabTo("Test the file quality")
	p.Keys(kb.ArrowDown)
	p.FocusIs("radio Bulk update the data")
	p.See("Update now")
	p.Keys(kb.ArrowUp)
	p.TabTo("More options: changes by others, encoding, e-mail")
	p.Keys(kb.Enter)
	p.TabTo("Leave the contact as it is")
	p.Keys(kb.ArrowDown)
	p.TabTo("Test the file")
	p.Keys(kb.Enter)
	p.See("Nothing has been written")
	p.See("Overwrite the other change")

	// The question keeps the focus in, and gives it back.
	p.TabTo("Update now with this file")
	p.Keys(kb.Enter)
	p.See("What somebody else changed since the template was made is overwritten, as you chose.")
	p.SeeIn("dialog", "because the [old] column is missing")
	p.See("You can undo the update afterwards.")
	if got := p.Focus(); !strings.HasPrefix(got, "h2 Change ") {
		t.Errorf("the question begins with %q", got)
	}
	for range 5 {
		p.Keys(kb.Tab)
		if got := p.Focus(); got != "" && got != "button Update now with this file" && got != "button Cancel" {
			t.Errorf("the question lets the focus out to %q", got)
		}
	}
	p.Keys(kb.Escape)
	p.Gone("You can undo the update afterwards.")
	p.FocusIs("button Update now with this file")
	p.Keys(kb.Enter)
	p.See("You can undo the update afterwards.")
	p.TabTo("Update now with this file")
	p.Keys(kb.Enter)
	p.See("contacts have been changed")
	p.TabTo("Undo this update")
	p.Keys(kb.Enter)
	p.See("Undoing would put back")
	p.TabTo("Undo now")
	p.Keys(kb.Enter)
	p.See("have their earlier values back")
}

// The job that end-to-end tests do at a deployed stack works here too.
func TestJob(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	browser.Job{URL: s.URL, User: "admin@aurora.example", Password: dev.Password, Target: "Everybody", Separator: ','}.Run(t, browser.New(t).Page(browser.Options{}))
	if n := len(s.Mails.Sent()); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// The ways a file gets in, and out again before it is used.
func TestUpload(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")

	t.Run("dropped on the list", func(t *testing.T) {
		p.Settled()
		p.Drop("dropped.csv", genres(t, s, "aurora", 2, "FOLK"))
		p.Heading("New import")
		p.See("dropped.csv")
		p.SeeIn(".recognised", "Recognised from the file: Criteria")
		p.Press("Cancel")
		p.Heading("Imports")
	})

	t.Run("empty", func(t *testing.T) {
		p.Press("New")
		p.Upload("empty.csv", nil)
		p.See("0 bytes")
		p.Press("Test the file")
		p.See("This file is empty. Choose another one.")
		p.Press("Cancel")
	})

	t.Run("cancelled under way", func(t *testing.T) {
		hold := make(chan struct{})
		s.BeforeUpload = func() error { <-hold; return errors.New("too late") }
		p.Press("New")
		p.Upload("slow.csv", genres(t, s, "aurora", 2, "FOLK"))
		p.SeeIn(".recognised", "Recognised")
		p.Press("Test the file")
		p.See("Uploading the file")
		p.Press("Cancel")
		p.See("The import was cancelled")
		close(hold)
		if i := newest(t, s); i.Status != domain.Cancelled || i.FileName != "slow.csv" {
			t.Errorf("%+v", i)
		}
	})

	t.Run("interrupted, and again", func(t *testing.T) {
		p.Allow("503")
		var tries atomic.Int32
		s.BeforeUpload = func() error {
			if tries.Add(1) == 1 {
				return errors.New("away")
			}
			return nil
		}
		p.Press("New")
		p.Upload("again.csv", genres(t, s, "aurora", 2, "FOLK"))
		p.SeeIn(".recognised", "Recognised")
		p.Press("Test the file")
		p.See("The file did not arrive.")
		p.Press("Try again")
		p.See("Nothing has been written")
		if is, _, _ := s.Jobs.Imports(t.Context(), "aurora", 10, ""); len(is) != 2 {
			t.Errorf("%d imports", len(is))
		}
		s.BeforeUpload = nil
	})

	t.Run("no network", func(t *testing.T) {
		p.Allow("ERR_INTERNET_DISCONNECTED")
		p.Press("Imports")
		p.Press("New")
		p.Upload("later.csv", genres(t, s, "aurora", 2, "FOLK"))
		p.SeeIn(".recognised", "Recognised")
		p.Offline(true)
		p.Press("Test the file")
		p.See("The server cannot be reached.")
		p.Offline(false)
		p.Press("Test the file")
		p.See("Nothing has been written")
		p.See("later.csv")
	})

	t.Run("no network for a page", func(t *testing.T) {
		p.Allow("ERR_INTERNET_DISCONNECTED")
		p.Allow("Failed to fetch")
		p.Press("Imports")
		p.Offline(true)
		p.Press("Import templates")
		p.Heading("Import templates")
		p.See("The server cannot be reached.")
		p.Offline(false)
		p.Press("Try again")
		p.Gone("The server cannot be reached.")
		p.FocusIs("h1 Import templates")
		p.Offline(true)
		p.Press("Dynamic targets")
		p.Heading("That did not work")
		p.See("This page could not be loaded")
		p.Offline(false)
		p.Press("Try again")
		p.Heading("Dynamic targets")
	})

	t.Run("sent at once", func(t *testing.T) {
		p.Press("Imports")
		p.Press("New")
		p.Check("Bulk update the data")
		p.Press("More options")
		p.Check("Send me an e-mail with the result")
		p.Fill("E-mail address", "nobody")
		p.Upload("now.csv", genres(t, s, "aurora", 2, "DANCE"))
		p.SeeIn(".recognised", "Recognised")
		p.Press("Update now")
		p.See("Enter an e-mail address such as")
		p.Fill("E-mail address", "ana@aurora.example")
		// The page shows the end before the mail goes, and then that it went.
		shown := make(chan struct{})
		s.BeforeLetter = func() { <-shown }
		p.Press("Update now")
		p.See("2 contacts have been changed")
		close(shown)
		p.See("The result was sent to ana@aurora.example.")
	})

	t.Run("not a table", func(t *testing.T) {
		p.Press("Imports")
		p.Press("New")
		p.Check("Criteria")
		p.Upload("report.pdf", []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"))
		p.Press("Test the file")
		p.See("The file was rejected, nothing has been written")
		p.See("not a table")
	})
}

// What happens while an import runs, in words that are spoken seldom.
func TestProgressIsSaidInQuarters(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	i := domain.Import{ID: "0199bbbb-0000-7000-8000-000000000002", Institution: "aurora", FileName: "members.csv", DataType: domain.Criteria, Action: domain.Update,
		Status: domain.Running, Rows: 1000, CreatedBy: "admin@aurora.example", CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
	if _, _, err := s.Jobs.CreateImport(t.Context(), i, domain.Once{}, ""); err != nil {
		t.Fatal(err)
	}
	signedIn(s, p, "operator@aurora.example")
	p.Press("members.csv")
	p.See("Going through the rows")
	for _, done := range []int{100, 240, 260, 300, 490, 620, 700, 990} {
		s.Jobs.SetProgress(t.Context(), "aurora", i.ID, 0, domain.Counts{Rows: done, Updated: done})
		p.Eval("document.dispatchEvent(new Event('visibilitychange'))", nil)
		p.See(fmt.Sprintf("%d%%", done/10))
	}
	if _, err := s.Jobs.ChangeImport(t.Context(), "aurora", i.ID, func(i *domain.Import) error {
		i.Status, i.Counts = domain.Done, domain.Counts{Rows: 1000, Updated: 1000}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	p.Eval("document.dispatchEvent(new Event('visibilitychange'))", nil)
	p.See("1,000 contacts have been changed")
	p.Until("rollbookTest.said.some((x) => x.startsWith('Done.'))")
	var said []string
	for _, x := range p.Said() {
		if strings.Contains(x, "per cent") || strings.HasPrefix(x, "Done.") {
			said = append(said, x)
		}
	}
	want := []string{"members.csv: 26 per cent done", "members.csv: 62 per cent done", "members.csv: 99 per cent done", "Done. 1,000 contacts have been changed."}
	if !slices.Equal(said, want) {
		t.Errorf("said %q", said)
	}
}

func TestCancelWhileItRuns(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	var once sync.Once
	hold, held := make(chan struct{}), make(chan struct{})
	s.BeforeChunk = func() { once.Do(func() { close(held) }); <-hold }
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Press("New")
	p.Check("Bulk update the data")
	p.Upload("long.csv", genres(t, s, "aurora", 50, "DANCE"))
	p.SeeIn(".recognised", "Recognised")
	p.Press("Update now")
	<-held
	p.See("Cancel")
	p.Press("Cancel")
	p.See("Being cancelled…")
	close(hold)
	p.See("The import was cancelled")
	p.See("Unprocessed")
	p.See("Download error file")
	p.Press("Resume")
	p.See("49 contacts have been changed") // one has danced before
	p.Gone("Resume")
}

// An import that lost rows through our fault says so, and a press does the rest;
// one that waits for a slot says that.
func TestIncompleteAndQueued(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	file := genres(t, s, "aurora", 50, "DANCE")
	imp, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "members.csv", DataType: domain.Criteria,
		Action: domain.Update, CreatedBy: "operator@aurora.example"}, file)
	if err != nil || imp.Status != domain.Done {
		t.Fatal(imp.Status, err)
	}
	become := func(status domain.Status) {
		t.Helper()
		if _, err := s.Jobs.ChangeImport(t.Context(), "aurora", imp.ID, func(i *domain.Import) error {
			i.Status, i.Problem = status, nil
			if status == domain.Incomplete {
				i.Counts.Updated, i.Counts.Unprocessed = 40, 10
				i.Problem = domain.Because("unprocessedRows", 10, 50)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	become(domain.Queued)
	signedIn(s, p, "operator@aurora.example")
	p.SeeIn(".result-cell", "Queued")
	p.Press("members.csv")
	p.See("Waiting until another update of your institution has ended")
	become(domain.Incomplete)
	p.Eval("document.dispatchEvent(new Event('visibilitychange'))", nil)
	p.See("10 of 50 rows were not processed")
	p.See("Resume")
	p.See("Download list of changes")
}

// A session that ends takes nothing with it.
// Where an institution has a sign-in of its own, the page offers it beside the
// user pool's; the session is renewed and ended where it began.
func TestFederatedSignIn(t *testing.T) {
	t.Parallel()
	own := api.Federation{Provider: "Aurora-Office", ClientID: "federated", Institution: "aurora", Operator: "Marketing", Admin: "IT"}
	s := stack(t, dev.Options{Federation: own})
	p := browser.New(t).Page(browser.Options{})
	p.Allow("401")
	p.Allow("400")
	p.Allow("403")
	p.Open(s.URL)
	p.Press("Sign in with Aurora-Office")
	p.SignIn("operator@aurora.example", dev.Password)
	p.Heading("Imports")
	signedInBy := func(u string) {
		t.Helper()
		if us, _, err := s.Users.List(t.Context(), "aurora", 10, ""); err != nil || len(us) != 1 || us[0].ID != u || !slices.Equal(us[0].Groups, []string{"operator"}) {
			t.Errorf("%+v, %v", us, err)
		}
	}
	signedInBy("elsewhere-sub-operator-aurora-example")
	p.Press("New")
	p.Upload("kept.csv", genres(t, s, "aurora", 2, "CIRCUS"))
	p.SeeIn(".recognised", "Recognised")
	s.SignIn.EndSessions()
	p.Press("Test the file")
	w := p.Popup(func() { p.Press("Sign in again") })
	w.SignIn("operator@aurora.example", dev.Password)
	p.Gone("Everything you typed is still here.")
	p.Press("Test the file")
	p.See("Nothing has been written")
	signedInBy("elsewhere-sub-operator-aurora-example")
	p.Eval("[...document.querySelectorAll('.account-box button')].at(-1).click()", nil)
	p.See("Sign in with Aurora-Office")

	// A viewer of the pool whom the provider says nothing of may do nothing there.
	p.Press("Sign in with Aurora-Office")
	p.SignIn("viewer@aurora.example", dev.Password)
	p.See("This needs the group viewer. Ask your administrator.")
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	open := func(t *testing.T) *browser.Page {
		p := b.Page(browser.Options{})
		p.Allow("401")
		p.Allow("400")
		signedIn(s, p, "operator@aurora.example")
		p.Press("New")
		p.Upload("kept.csv", genres(t, s, "aurora", 2, "CIRCUS"))
		p.SeeIn(".recognised", "Recognised")
		p.Press("More options")
		p.Check("Overwrite the other change")
		p.Check("Send me an e-mail with the result")
		p.Fill("E-mail address", "typed@aurora.example")
		s.SignIn.EndSessions()
		p.Press("Test the file")
		p.See("Your session has ended")
		return p
	}

	t.Run("signed in again beside the page", func(t *testing.T) {
		p := open(t)
		w := p.Popup(func() { p.Press("Sign in again") })
		w.SignIn("operator@aurora.example", dev.Password)
		p.Gone("Everything you typed is still here.")
		p.See("kept.csv")
		if got := p.Value("E-mail address"); got != "typed@aurora.example" {
			t.Errorf("the address is %q", got)
		}
		p.Press("Test the file")
		p.See("Nothing has been written")
		i := newest(t, s)
		if i.FileName != "kept.csv" || i.Email != "typed@aurora.example" || i.OnConflict != domain.Overwrite {
			t.Errorf("%+v", i)
		}
	})

	t.Run("signed in again in the page", func(t *testing.T) {
		p := open(t)
		p.Eval("window.open = () => null", nil)
		p.Press("Sign in again")
		p.See("Your browser did not open the sign-in window.")
		p.Press("Sign in on this page")
		p.SignIn("operator@aurora.example", dev.Password)
		p.Heading("New import")
		if got := p.Value("E-mail address"); got != "typed@aurora.example" {
			t.Errorf("the address is %q", got)
		}
		p.See("Choose a file")
	})

	// A link that is opened in a new tab finds the session, and a sign-out ends it
	// in all tabs.
	t.Run("another tab", func(t *testing.T) {
		p := b.Page(browser.Options{})
		p.Allow("401")
		p.Allow("400")
		signedIn(s, p, "operator@aurora.example")
		tab := p.Popup(func() {
			p.Eval("const a = document.querySelector('nav a[href=\"#/targets\"]'); a.target = '_blank'; a.rel = 'noopener'", nil)
			p.Press("Dynamic targets")
		})
		tab.Until(`document.body.innerText.includes("Born before 1960, not lapsed")`)
		tab.Eval("[...document.querySelectorAll('.account-box button')].at(-1).click()", nil)
		p.See("Your session has ended")
	})

	t.Run("another user does not take over", func(t *testing.T) {
		p := open(t)
		w := p.Popup(func() { p.Press("Sign in again") })
		w.SignIn("operator@borealis.example", dev.Password)
		p.See("Your session has ended")
	})
}

// Links in mails lead through the sign-in to what they are about.
func TestMailLinks(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	targets, _, err := s.Catalogue.Targets(t.Context(), "aurora", 1, "")
	if err != nil {
		t.Fatal(err)
	}
	tpl := domain.Template{ID: "0199cccc-0000-7000-8000-000000000001", Institution: "aurora", DataType: domain.Criteria, TargetID: targets[0].ID, TargetName: targets[0].Name, Format: "csv",
		Language: "en", Email: "operator@aurora.example", Status: domain.Preparing, CreatedAt: time.Now(), CreatedBy: "operator@aurora.example", ExpiresAt: time.Now().Add(time.Hour)}
	if _, _, err := s.Jobs.CreateTemplate(t.Context(), tpl, domain.Once{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Prepare(t.Context(), tpl); err != nil {
		t.Fatal(err)
	}
	mail := s.Mails.Sent()[0]
	link := s.URL + "/api/templates/" + tpl.ID + "/file"
	if !strings.Contains(mail.Text, link) {
		t.Fatalf("the mail has no link to the template:\n%s", mail.Text)
	}
	p := b.Page(browser.Options{})
	download := p.Downloads()
	p.Open(link)
	p.See("After signing in you come to the page that the link leads to.")
	p.Press("Sign in")
	p.SignIn("operator@aurora.example", dev.Password)
	p.See("is ready; its download has started")
	if form := unpack(t, download(), "criteria.csv", ','); len(form.rows) < 2 {
		t.Errorf("the template has %d lines", len(form.rows))
	}

	// An import's link; another institution's user finds nothing there.
	i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "mailed.csv", DataType: domain.Criteria, Action: domain.Test, Recipe: domain.Recipe{OnConflict: domain.Skip}, CreatedBy: "operator@aurora.example",
		Email: "operator@aurora.example", Language: "en"}, genres(t, s, "aurora", 2, "FOLK"))
	if err != nil {
		t.Fatal(err)
	}
	sent := s.Mails.Sent()
	if link = s.URL + "/#/imports/" + i.ID; !strings.Contains(sent[len(sent)-1].Text, link) {
		t.Fatalf("the mail has no link to the import:\n%s", sent[len(sent)-1].Text)
	}
	p = b.Page(browser.Options{})
	p.Open(link)
	p.Press("Sign in")
	p.SignIn("viewer@aurora.example", dev.Password)
	p.Heading("mailed.csv")
	if p.Sees("Update now with this file") {
		t.Error("a viewer is offered an update")
	}
	// A link that was cut in the middle of a sign.
	p.Allow("404")
	p.Open(s.URL + "/#/imports/%e")
	p.See("There is nothing at this address.")
	if p.Sees("Try again") {
		t.Error("what is not there is offered to be asked for again")
	}
	q := b.Page(browser.Options{})
	q.Allow("404")
	q.Open(link)
	q.Press("Sign in")
	q.SignIn("admin@borealis.example", dev.Password)
	q.See("There is nothing at this address.")
	if q.Sees("mailed.csv") {
		t.Error("another institution's file is named")
	}
}

// Each group sees what it may do.
func TestGroups(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	for group, may := range map[string]map[string]bool{
		"viewer":   {"New": false, "Download import template": false, "Catalogue": false, "Access criterion values": true},
		"operator": {"New": true, "Download import template": true, "Catalogue": false, "Access criterion values": true},
		"admin":    {"New": true, "Download import template": true, "Catalogue": true, "Access criterion values": true},
	} {
		p := b.Page(browser.Options{})
		signedIn(s, p, group+"@aurora.example")
		for name, want := range may {
			var got bool
			p.Eval("Boolean([...document.querySelectorAll('a, button')].find((e) => e.innerText.trim() === '"+name+"'))", &got)
			if got != want {
				t.Errorf("%s: %s is shown: %v", group, name, got)
			}
		}
		for hash, needs := range map[string]string{"#/new": "operator", "#/templates/new": "operator", "#/catalogue": "admin"} {
			p.Go(hash)
			refused := group == "viewer" || group == "operator" && needs == "admin"
			if refused {
				p.Heading("Not allowed")
			} else {
				p.Gone("Not allowed")
			}
			p.Go("#/imports")
			p.Heading("Imports")
		}
		p.Press("Account of " + group + "@aurora.example")
		p.See("Rollbook " + api.Version)
		p.Press("Sign out")
		p.See("Sign in")
		p.Gone("Aurora Theatre")
	}
}

// What a test came to, what is wrong and what to do next: from each result a way
// leads on.
func TestResultsLeadOn(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	var numbers []domain.ContactNumber
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		c.Fields["criterion:GENRE"] = "JAZZ"
		if _, err := s.Contacts.Put(t.Context(), "aurora", c, domain.Provenance{By: "colleague"}); err != nil {
			t.Fatal(err)
		}
		if numbers = append(numbers, c.Number); len(numbers) == 12 {
			break
		}
	}
	file := func(values ...string) []byte {
		b := []byte("Contact,[old] GENRE,[new] GENRE\r\n")
		for i, v := range values {
			b = fmt.Appendf(b, "#%s,JAZZ,%s\r\n", numbers[i], v)
		}
		return b
	}
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	for _, x := range []struct {
		name    string
		file    []byte
		see     []string
		not     string
		correct bool
	}{
		{"all good", file("ROCK", "OPERA"), []string{"2 contacts would be changed.", "Nothing has been written: this was a test."}, "Import a corrected file", false},
		{"nothing to change", file("JAZZ", "JAZZ"), []string{"Nothing to change: the contacts have these values already"}, "Update now with this file", false},
		{"a part is wrong", file("ROCK", "Oprea", "Oprea", "Oprea", "Dence"), []string{"1 contact would be changed.", "4 rows would not go in", "Update with the other rows now, or mend them below and test again.",
			"Line 3, 4, 5", "Did you mean OPERA?", "Did you mean DANCE?"}, "0 contacts", true},
		{"all is wrong", file("Oprea", "Oprea", "Oprea", "Oprea", "Oprea", "Oprea", "Oprea", "Oprea", "Oprea", "Oprea"), []string{"No contact would be changed",
			"10 rows would not go in: see why below, correct them, and test the file again.", "Line 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"}, "Update now with this file", true},
		{"another field", []byte("Contact,[new] GENRES\r\n#1,JAZZ\r\n"), []string{"The file was rejected", "Did you mean \"[new] GENRE\"?"}, "Update now with this file", true},
	} {
		t.Run(x.name, func(t *testing.T) {
			i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "list.csv", DataType: domain.Criteria, Action: domain.Test, Recipe: domain.Recipe{OnConflict: domain.Overwrite},
				CreatedBy: "operator@aurora.example", Language: "en"}, x.file)
			if err != nil {
				t.Fatal(err)
			}
			p.Go("#/imports/" + i.ID)
			for _, text := range x.see {
				p.See(text)
			}
			if p.Sees(x.not) {
				t.Errorf("it says %q", x.not)
			}
			if got := p.Sees("Import a corrected file"); got != x.correct {
				t.Errorf("a corrected file is asked for: %v", got)
			}
			if x.correct {
				p.Press("Import a corrected file")
				p.Heading("New import")
				var chosen string
				p.Eval("[...document.querySelectorAll('input:checked')].map((e) => e.value).join()", &chosen)
				if chosen != "criteria,test,overwrite" {
					t.Errorf("the form has %q", chosen)
				}
				p.Press("Cancel")
			}
		})
	}
}

// What became of the mail is told, in the user's language, and how old the
// template of a workbook is.
func TestMailsThatCameBackAreTold(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "mailed.csv", DataType: domain.Criteria, Action: domain.Test, Recipe: domain.Recipe{OnConflict: domain.Skip}, CreatedBy: "operator@aurora.example",
		Email: "operator@aurora.example", Language: "en"}, genres(t, s, "aurora", 2, "FOLK"))
	if err != nil {
		t.Fatal(err)
	}
	p := browser.New(t).Page(browser.Options{Language: "de-DE"})
	p.Open(s.URL + "/#/imports/" + i.ID)
	p.Press("Anmelden")
	p.SignIn("operator@aurora.example", dev.Password)
	p.Heading("mailed.csv")
	p.See("Das Ergebnis wurde an operator@aurora.example geschickt.")
	if p.Sees("Vorlage vom") {
		t.Error("a CSV does not say how old its template is")
	}
	for code, c := range map[string]struct {
		mail domain.MailState
		says []string
	}{
		"mailBounced":     {domain.MailState{Status: domain.MailBounced}, []string{"Die E-Mail an operator@aurora.example ist zurückgekommen.", "konnte an diese Adresse nicht zugestellt werden"}},
		"mailComplained":  {domain.MailState{Status: domain.MailComplained}, []string{"wurde als Spam markiert"}},
		"mailRefused":     {domain.MailState{Status: "failed"}, []string{"konnte keine E-Mail geschickt werden", "hat die E-Mail an diese Adresse abgelehnt"}},
		"addressReturned": {domain.MailState{}, []string{"Stimmt operator@aurora.example?", "Eine frühere E-Mail"}},
	} {
		made := time.Now().Add(-12*24*time.Hour - time.Hour)
		if _, err := s.Jobs.ChangeImport(t.Context(), "aurora", i.ID, func(i *domain.Import) error {
			i.Mail, i.Detected.TemplateMadeAt = domain.NewMailState(c.mail.Status, code), &made
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		p.Open(s.URL + "/#/imports")
		p.Heading("Importe")
		p.Open(s.URL + "/#/imports/" + i.ID)
		for _, text := range append(c.says, "Vorlage vom", "vor 12 Tagen") {
			p.See(text)
		}
	}
}

// somebody is one of aurora's contacts.
func somebody(t *testing.T, s *dev.Stack) domain.ContactNumber {
	t.Helper()
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		return c.Number
	}
	t.Fatal("aurora has no contacts")
	return ""
}

// A file that is refused for its encoding goes in when that is said.
func TestEncodingIsChosen(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	number := somebody(t, s)
	file := []byte("Contact;[new] NICKNAME\r\n#" + string(number) + ";caf\x82\r\n") // CP850
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	for _, encoding := range []string{"", "CP850 (MS-DOS)"} {
		p.Go("#/new")
		p.Heading("New import")
		p.Upload("dos.csv", file)
		p.SeeIn(".recognised", "Recognised")
		if encoding == "" {
			p.Press("Test the file")
			p.See("MS-DOS")
			continue
		}
		p.Press("More options: changes by others, encoding, e-mail")
		p.Choose("Encoding of the file", encoding)
		p.Press("Test the file")
		p.See("Nothing has been written")
		if i := newest(t, s); i.Encoding != "CP850" || i.Counts.Updated != 1 {
			t.Errorf("%q %+v", i.Encoding, i.Counts)
		}
	}
}

// An administrator finds the execution of an import on its page; others have no
// use for it.
func TestTheExecutionIsShownToAdministrators(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	b := browser.New(t)
	for user, shown := range map[string]bool{"admin@aurora.example": true, "operator@aurora.example": false} {
		i, err := s.Import(t.Context(), domain.Import{Institution: "aurora", FileName: "seen.csv", DataType: domain.Criteria, Action: domain.Test,
			Recipe: domain.Recipe{OnConflict: domain.Skip}, CreatedBy: domain.Who(user), Language: "en"}, genres(t, s, "aurora", 3, "JAZZ"))
		if err != nil {
			t.Fatal(err)
		}
		p := b.Page(browser.Options{})
		signedIn(s, p, user)
		p.Go("#/imports/" + i.ID)
		p.See("How the file was read")
		arn := "arn:aws:states:eu-central-1:123456789012:execution:rollbook-import:" + i.ID
		if got := p.Sees(arn); got != shown {
			t.Errorf("%s sees the execution: %v", user, got)
		}
		var link string
		if shown {
			p.Eval("document.querySelector('.execution a').href", &link)
			if want := "https://eu-central-1.console.aws.amazon.com/states/home?region=eu-central-1#/v2/executions/details/" + strings.ReplaceAll(arn, ":", "%3A"); link != want {
				t.Errorf("it opens %s, want %s", link, want)
			}
		}
	}
}

// An address that ends like another view's name leaves nothing of itself there.
func TestMissingImportThenNew(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Allow("404")
	p.Go("#/imports/new")
	p.See("There is nothing at this address.")
	p.Go("#/new")
	p.Heading("New import")
}

// Values with one label are told apart by their codes, where they are chosen and
// where they are shown.
func TestValuesWithOneLabel(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	var number domain.ContactNumber
	for c, err := range s.Contacts.All(t.Context(), "aurora") {
		if err != nil {
			t.Fatal(err)
		}
		number = c.Number
		break
	}
	p.Go("#/contacts/" + string(number) + "/edit")
	p.Choose("Favourite genre", "Other (OTHER_STAGE)")
	p.Press("Save")
	p.SeeIn("table", "Other (OTHER_STAGE)")
}
