package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

func (s *stack) webhook(events ...any) (id, secret string) {
	s.t.Helper()
	made := s.call(admin, "POST", "/api/webhooks", object{"url": "https://crm.example/in", "events": events}).want(201).object()
	return made["id"].(string), made["secret"].(string)
}

func TestWebhooks(t *testing.T) {
	t.Run("the secret is shown once", func(t *testing.T) {
		s := newStack(t)
		id, secret := s.webhook("template.finished", "import.finished", "import.finished")
		if !strings.HasPrefix(secret, "whsec_") || len(secret) < 40 {
			t.Errorf("secret %q", secret)
		}
		for _, path := range []string{"/api/webhooks", "/api/webhooks/" + id, "/api/audit"} {
			if body := s.call(admin, "GET", path, nil).want(200).body; strings.Contains(string(body), secret) {
				t.Errorf("%s has the secret", path)
			}
		}
		got := s.call(admin, "GET", "/api/webhooks/"+id, nil).want(200).object()
		if got["url"] != "https://crm.example/in" || fmt.Sprint(got["events"]) != "[import.finished template.finished]" || got["createdBy"] != admin.Email {
			t.Errorf("%v", got)
		}
	})
	t.Run("addresses that nothing is sent to", func(t *testing.T) {
		s := newStack(t)
		for url, code := range map[string]string{
			"http://crm.example/in": "webhookAddress", "https://ana:x@crm.example/": "webhookAddress", "crm.example": "webhookAddress",
			"https://169.254.169.254/latest": "webhookPrivate", "https://[::1]/": "webhookPrivate", "https://10.0.0.1/": "webhookPrivate",
		} {
			got := s.call(admin, "POST", "/api/webhooks", object{"url": url, "events": []any{"import.finished"}}).want(422).object()
			first := got["errors"].([]any)[0].(object)
			if first["location"] != "body.url" || first["code"] != code {
				t.Errorf("%s: %v", url, first)
			}
		}
		s.call(admin, "POST", "/api/webhooks", object{"url": "https://crm.example/", "events": []any{"contact.changed"}}).want(422)
		s.call(admin, "POST", "/api/webhooks", object{"url": "https://crm.example/", "events": []any{}}).want(422)
	})
	t.Run("no more than there may be", func(t *testing.T) {
		s := newStack(t)
		for range domain.MostWebhooks {
			s.webhook("import.finished")
		}
		got := s.call(admin, "POST", "/api/webhooks", object{"url": "https://crm.example/", "events": []any{"import.finished"}}).want(409).object()
		if got["code"] != "tooManyWebhooks" {
			t.Errorf("%v", got)
		}
	})
	t.Run("a test makes a message that is due at once", func(t *testing.T) {
		s := newStack(t)
		id, _ := s.webhook("import.finished")
		sent := s.call(admin, "POST", "/api/webhooks/"+id+"/test", nil).want(202).object()["id"].(string)
		d, err := s.deliveries.Get(t.Context(), demo.Aurora, id+"."+sent)
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ Type, Timestamp string }
		if err := json.Unmarshal(d.Body, &body); err != nil || body.Type != "webhook.test" || body.Timestamp == "" {
			t.Errorf("%s, %v", d.Body, err)
		}
		if d.Webhook != id || !d.NextAt.Equal(s.now) || d.Tries != 0 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("what became of the last message, whose tag stays", func(t *testing.T) {
		s := newStack(t)
		id, _ := s.webhook("import.finished")
		before := s.call(admin, "GET", "/api/webhooks/"+id, nil).want(200)
		if _, err := s.webhooks.Change(t.Context(), demo.Aurora, id, func(w *domain.Webhook) error {
			w.Last = domain.Attempt{At: s.now, Event: domain.ImportFinished, Delivery: "m1", Status: 500, Code: "webhookRefused"}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		after := s.call(admin, "GET", "/api/webhooks/"+id, nil).want(200)
		last := after.object()["last"].(object)
		if last["status"] != 500.0 || last["id"] != "m1" || last["why"].(object)["code"] != "webhookRefused" {
			t.Errorf("%v", last)
		}
		if a, b := before.header.Get("ETag"), after.header.Get("ETag"); a != b {
			t.Errorf("the tag was %s and is %s", a, b)
		}
	})
}
