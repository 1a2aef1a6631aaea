package reconcile_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
	"rollbook/internal/steps/reconcile"
	"rollbook/internal/testing/importtest"
)

// event returns the detail of an event as SES sends it, about another mail.
func event(t *testing.T, job, id string, change ...string) reconcile.MailEvent {
	t.Helper()
	b, err := os.ReadFile("../../../events/mail-bounced.json")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(append(change,
		`"job": ["import"]`, `"job": ["`+job+`"]`, `"id": ["0199f0aa-0000-7000-8000-000000000001"]`, `"id": ["`+id+`"]`)...).Replace(string(b))
	var e struct {
		DetailType string `json:"detail-type"`
		Detail     reconcile.MailEvent
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		t.Fatal(err)
	}
	return e.Detail
}

// Fault 29.
func TestAMailThatCameBackIsShownAtItsJob(t *testing.T) {
	l := newLate(t)
	i := l.Create(t, demo.Aurora, domain.Criteria, domain.Update, importtest.MailTo("bounce@simulator.amazonses.com"), func(i *domain.Import) { i.Mail.Status = "sent" })
	if err := l.step.Returned(t.Context(), event(t, "import", i.ID)); err != nil {
		t.Fatal(err)
	}
	if m := l.Get(t, i).Mail; m.Status != domain.MailBounced || m.Code() != "mailBounced" {
		t.Errorf("%+v", m)
	}
	for in, want := range map[domain.InstitutionID]bool{demo.Aurora: true, demo.Borealis: false} {
		if got, err := l.Jobs.Returned(t.Context(), in, "bounce@simulator.amazonses.com"); got != want || err != nil {
			t.Errorf("%s: the address is known for it: %v %v", in, got, err)
		}
	}

	now := l.Now()
	if _, _, err := l.Jobs.CreateTemplate(t.Context(), domain.Template{ID: "t1", Institution: demo.Aurora, Status: domain.Ready, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}, domain.Once{}); err != nil {
		t.Fatal(err)
	}
	complaint := event(t, "template", "t1", `"eventType": "Bounce"`, `"eventType": "Complaint"`,
		`"bounce": {`, `"complaint": {"complainedRecipients": [{"emailAddress": "ana@example.org"}]}, "bounce": {`)
	if err := l.step.Returned(t.Context(), complaint); err != nil {
		t.Fatal(err)
	}
	tpl, err := l.Jobs.Template(t.Context(), demo.Aurora, "t1")
	if err != nil || tpl.Mail.Status != domain.MailComplained || tpl.Mail.Code() != "mailComplained" {
		t.Errorf("%+v %v", tpl.Mail, err)
	}
	if got, err := l.Jobs.Returned(t.Context(), demo.Aurora, "ana@example.org"); !got || err != nil {
		t.Errorf("who complained is not known: %v", err)
	}
	if strings.Contains(l.Log.String(), "@") {
		t.Errorf("the log has addresses: %s", l.Log)
	}
}

func TestMailEventsOfNobody(t *testing.T) {
	l := newLate(t)
	for name, e := range map[string]reconcile.MailEvent{
		"a job that is gone":     event(t, "import", "gone"),
		"a mail without tags":    {EventType: "Bounce"},
		"no institution's":       event(t, "import", "i1", `"aurora"`, `"Au/rora"`),
		"two institutions' tags": event(t, "import", "i1", `["aurora"]`, `["aurora", "borealis"]`),
	} {
		if err := l.step.Returned(t.Context(), e); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := l.step.Returned(t.Context(), event(t, "import", "i1", `"eventType": "Bounce"`, `"eventType": "Open"`)); err == nil {
		t.Error("another event than it listens to is no success")
	}
}
