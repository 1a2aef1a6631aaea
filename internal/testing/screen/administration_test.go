package screen_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollbook/internal/domain"
	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

// ask sends a request with the bearer token, and returns its status.
func ask(t *testing.T, s *dev.Stack, method, path, bearer string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	return a.StatusCode
}

func administrator(t *testing.T, s *dev.Stack) *browser.Page {
	t.Helper()
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "admin@aurora.example")
	return p
}

func accessible(t *testing.T, p *browser.Page) {
	t.Helper()
	for _, width := range []int64{1280, 320} {
		p.Look(width, 900, false)
		for _, v := range p.Axe() {
			t.Errorf("at %d: %+v", width, v)
		}
		for _, out := range p.SticksOut() {
			t.Errorf("at %d: %s", width, out)
		}
	}
	p.Look(1280, 900, false)
}

// An administrator sees who signed in, refuses somebody, whose tokens are then
// worth nothing, and lets them in again.
func TestUsers(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	token, err := s.SignIn.Token("operator@aurora.example")
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.SignIn.Token("operator@borealis.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, bearer := range []string{token, other} {
		if got := ask(t, s, "GET", "/api/me", bearer); got != 200 {
			t.Fatal(got)
		}
	}
	p := administrator(t, s)
	p.Go("#/users")
	p.Heading("Users")
	p.SeeIn("table", "operator@aurora.example")
	p.SeeIn("table", "You")
	var users string
	p.Eval(`[...document.querySelectorAll('tbody tr')].map((r) => r.innerText.split(/\s/)[0]).join(' ')`, &users)
	if users != "admin@aurora.example operator@aurora.example" {
		t.Errorf("users are listed as %s", users)
	}
	if p.Sees("borealis.example") {
		t.Error("another institution's user is shown")
	}
	accessible(t, p)
	p.Press("Refuse access: operator@aurora.example")
	p.See("signed out everywhere at once")
	p.Press("Cancel")
	if got := ask(t, s, "GET", "/api/me", token); got != 200 {
		t.Errorf("after a question that was not answered: %d", got)
	}
	p.Press("Refuse access: operator@aurora.example")
	p.Press("Refuse access")
	p.See("operator@aurora.example has no access any more")
	p.SeeIn("table", "Refused")
	if got := ask(t, s, "GET", "/api/me", token); got != 401 {
		t.Errorf("a refused user gets %d", got)
	}
	p.Press("Allow access: operator@aurora.example")
	p.See("operator@aurora.example has access again")

	o := browser.New(t).Page(browser.Options{})
	signedIn(s, o, "operator@borealis.example")
	for _, place := range []string{"users", "keys", "webhooks", "settings", "audit"} {
		o.Go("#/" + place)
		o.Heading("Not allowed")
	}
}

// Somebody is invited, signs in, and gets another role, which holds at once.
func TestInvitationAndRole(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := administrator(t, s)
	p.Allow("422")
	p.Go("#/users")
	p.Press("Invite")
	p.See("Of a domain that gets mail")
	p.Fill("E-mail address", "nora@elsewhere.example")
	p.Press("Send the invitation")
	p.FocusIs("email E-mail address")
	accessible(t, p)
	p.Fill("E-mail address", "nora@aurora.example")
	p.Check("Viewer")
	p.Press("Send the invitation")
	p.See("An invitation went to nora@aurora.example")
	p.SeeIn("table", "Invited")
	p.Press("Invite again: nora@aurora.example")
	p.See("An invitation went to nora@aurora.example")
	if mails := s.SignIn.Directory().Mails; fmt.Sprint(mails) != "[nora@aurora.example nora@aurora.example]" {
		t.Errorf("mails to %v", mails)
	}
	accessible(t, p)

	token, err := s.SignIn.Token("nora@aurora.example")
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, "GET", "/api/me", token); got != 200 {
		t.Errorf("who was invited gets %d", got)
	}
	if got := ask(t, s, "GET", "/api/contacts/deleted", token); got != 403 {
		t.Errorf("a viewer gets %d", got)
	}
	p.Press("Change role: nora@aurora.example")
	p.See("It holds at once.")
	p.Check("Operator")
	accessible(t, p)
	p.Press("Change role")
	p.See("nora@aurora.example now has the role Operator")
	if got := ask(t, s, "GET", "/api/me", token); got != 401 {
		t.Errorf("a token of before gets %d", got)
	}
	if token, err = s.SignIn.Token("nora@aurora.example"); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, "GET", "/api/contacts/deleted", token); got != 200 {
		t.Errorf("an operator gets %d", got)
	}
}

// A key is shown once, works, and is worth nothing once it is revoked.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := administrator(t, s)
	p.Allow("422")
	p.Go("#/keys")
	p.See("No keys yet")
	accessible(t, p)
	p.Press("New key")
	p.Press("Make the key")
	p.FocusIs("text Name")
	p.Fill("Name", "CRM synchronisation")
	p.Check("Viewer")
	accessible(t, p)
	p.Press("Make the key")
	p.See("it is shown only this once")
	key := p.Value("API key")
	if !strings.HasPrefix(key, "rbk_aurora_") {
		t.Fatalf("the key is %q", key)
	}
	accessible(t, p)
	p.Press("Copy")
	if got := p.Clipboard(); got != key {
		t.Errorf("copied %q", got)
	}
	for _, said := range p.Said() {
		if strings.Contains(said, key) {
			t.Error("the key is read aloud")
		}
	}
	p.Keys("Escape")
	p.See("it is shown only this once")
	p.Press("I have kept it")
	p.SeeIn("table", "CRM synchronisation")
	p.SeeIn("table", "Viewer")
	p.SeeIn("table", "admin@aurora.example")
	if p.Sees(key) {
		t.Error("the key is still shown")
	}
	accessible(t, p)
	if got := ask(t, s, "GET", "/api/contacts", key); got != 200 {
		t.Errorf("the key gets %d", got)
	}
	if got := ask(t, s, "DELETE", "/api/contacts/1", key); got != 403 {
		t.Errorf("a viewer's key deletes: %d", got)
	}

	p.Press("New key")
	p.See("What it is for")
	p.Fill("Name", "Until yesterday")
	p.Eval(`(() => { const e = rollbookTest.control('Last day'); e.value = '2020-02-29'; e.dispatchEvent(new Event('input', { bubbles: true })); })()`, nil)
	p.Press("Make the key")
	p.SeeIn(".field-error", "")
	p.FocusIs("date Last day (optional)")
	p.Press("Cancel")

	p.Press("Revoke: CRM synchronisation")
	p.Press("Revoke")
	p.See("“CRM synchronisation” has been revoked")
	p.See("No keys yet")
	if got := ask(t, s, "GET", "/api/contacts", key); got != 401 {
		t.Errorf("a revoked key gets %d", got)
	}
}

// A webhook is made, tried, and removed; what the screen shows once is what its
// messages are signed with.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	type message struct {
		body   []byte
		header http.Header
	}
	got, answer := make(chan message, 10), http.StatusNoContent
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- message{b, r.Header}
		w.WriteHeader(answer)
	}))
	defer receiver.Close()
	s := stack(t, dev.Options{})
	p := administrator(t, s)
	p.Allow("422")
	p.Go("#/webhooks")
	p.See("No webhooks yet")
	p.Press("New webhook")
	p.See("It begins with https://")
	p.Fill("Address", "https://10.0.0.1/in")
	p.Press("Make the webhook")
	p.FocusIs("url Address")
	p.Fill("Address", receiver.URL+"/in")
	p.Check("A template is finished")
	accessible(t, p)
	p.Press("Make the webhook")
	p.See("it is shown only this once")
	secret := p.Value("Signing key")
	p.Press("I have kept it")
	p.SeeIn(".card", receiver.URL+"/in")
	p.SeeIn(".card", "An import is finished")
	p.SeeIn(".card", "Nothing has been sent yet.")
	if p.Sees("A template is finished") || p.Sees(secret) {
		t.Error("the card says too much")
	}
	p.Press("Send a test: " + receiver.URL + "/in")
	p.SeeIn(".card", "The receiver took the message. (HTTP status 204)")
	p.SeeIn(".card", "Test message")
	m := <-got
	check, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := check.Verify(m.body, m.header); err != nil {
		t.Error(err)
	}
	var event struct{ Type string }
	if err := json.Unmarshal(m.body, &event); err != nil || event.Type != "webhook.test" {
		t.Errorf("%s %v", m.body, err)
	}
	accessible(t, p)
	answer = http.StatusGone
	p.Press("Send a test: " + receiver.URL + "/in")
	p.SeeIn(".card", "it is gone for good")
	p.SeeIn(".card", "Not taken")
	accessible(t, p)
	p.Press("Remove: " + receiver.URL + "/in")
	p.Press("Remove")
	p.See("The webhook has been removed")
	p.See("No webhooks yet")
	if all, _, err := s.Webhooks.List(t.Context(), "aurora", 10, ""); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}

// A contact that was deleted on the screen is brought back on the screen.
func TestDeletedContactComesBack(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	number := somebody(t, s)
	before, err := s.Contacts.Get(t.Context(), "aurora", number)
	if err != nil {
		t.Fatal(err)
	}
	p := browser.New(t).Page(browser.Options{})
	signedIn(s, p, "operator@aurora.example")
	p.Go("#/contacts/" + string(number))
	p.Press("Delete")
	p.See("until then it can be brought back on the page Contacts")
	p.Press("Delete")
	p.Heading("Contacts")
	p.Press("Deleted contacts")
	p.Heading("Deleted contacts")
	p.SeeIn("table", "#"+string(number))
	p.SeeIn("table", "operator@aurora.example")
	accessible(t, p)
	p.Press("Bring back: #" + string(number))
	p.See("Contact #" + string(number) + " is back")
	p.See("Favourite genre")
	after, err := s.Contacts.Get(context.Background(), "aurora", number)
	if err != nil || fmt.Sprint(after.Fields) != fmt.Sprint(before.Fields) {
		t.Errorf("%v, before %v %v", after.Fields, before.Fields, err)
	}
	p.Go("#/contacts/deleted")
	p.See("No contact was deleted in the last 7 days")
}

// Limits and the domains that get mail are set on the screen, and what is left
// empty stays as usual.
func TestLimitsAndMailDomains(t *testing.T) {
	t.Parallel()
	s := stack(t, dev.Options{})
	p := administrator(t, s)
	p.Allow("422")
	p.Go("#/settings")
	p.SeeIn("form", "0 of 300 used") // deletions of the institution
	p.Fill("Domains that get mail", "Aurora.example\nnot a domain")
	p.Press("Save")
	p.SeeIn(".field-error", "")
	p.Fill("Domains that get mail", "Aurora.example\n\nfriends.example")
	p.Fill("Address for the drop folder", "desk@aurora.example")
	p.Fill("Days for which it is remembered who did what", "400")
	p.Fill("Rows a day", "5000")
	accessible(t, p)
	p.Press("Save")
	p.See("Settings saved")
	cat, err := s.Catalogue.Catalogue(t.Context(), "aurora")
	if err != nil {
		t.Fatal(err)
	}
	got := cat.Settings
	if fmt.Sprint(got.MailDomains) != "[aurora.example friends.example]" || got.DropEmail != "desk@aurora.example" || got.AuditDays != 400 ||
		got.Limits != (domain.Limits{RowsADay: 5000}) || got.UserLimits != (domain.Limits{}) {
		t.Errorf("%+v", got)
	}
	p.Open(s.URL)
	p.Heading("Imports")
	p.Go("#/settings")
	p.SeeIn("form", "0 of 5,000 used")
	p.Fill("Rows a day", "")
	p.Press("Save")
	p.See("Settings saved")
	if cat, err = s.Catalogue.Catalogue(t.Context(), "aurora"); err != nil || cat.Settings.Limits.RowsADay != 0 {
		t.Error(cat.Settings.Limits, err)
	}
}
