package local

import (
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"time"
)

const mailboxPath = "/_local/mailbox"

// Mail is one mail that the stack has sent.
type Mail struct {
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html"`
	SentAt  string   `json:"sentAt"` // RFC 3339
}

// mails returns what the emulator has sent, newest last.
func mails(ctx context.Context, endpoint string) ([]Mail, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_ministack/ses/messages", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var sent struct {
		Messages map[string][]struct {
			To                []string
			Subject, BodyText string
			BodyHTML          string `json:"BodyHtml"`
			Timestamp         json.RawMessage
		} `json:"messages"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&sent); err != nil {
		return nil, err
	}
	out := []Mail{}
	for _, account := range sent.Messages {
		for _, m := range account {
			out = append(out, Mail{To: m.To, Subject: m.Subject, Text: m.BodyText, HTML: m.BodyHTML, SentAt: sentAt(m.Timestamp)})
		}
	}
	slices.SortStableFunc(out, func(a, b Mail) int {
		ta, _ := time.Parse(time.RFC3339Nano, a.SentAt)
		tb, _ := time.Parse(time.RFC3339Nano, b.SentAt)
		return ta.Compare(tb)
	})
	return out, nil
}

// sentAt turns the emulator's time, in seconds since 1970 or a text that may
// lack a zone, into RFC 3339.
func sentAt(raw json.RawMessage) string {
	var seconds float64
	if json.Unmarshal(raw, &seconds) == nil {
		return time.UnixMicro(int64(seconds * 1e6)).UTC().Format(time.RFC3339Nano)
	}
	var text string
	json.Unmarshal(raw, &text)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return text
}

// mailbox answers the mails as JSON.
type mailbox struct{ endpoint string }

func (m mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list, err := mails(r.Context(), m.endpoint)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(list)
}

//go:embed mail.html
var mailFiles embed.FS

var mailTemplate = template.Must(template.ParseFS(mailFiles, "mail.html"))

// mailPage shows the mails to people, newest first.
type mailPage struct{ endpoint string }

func (m mailPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list, err := mails(r.Context(), m.endpoint)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	slices.Reverse(list)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	mailTemplate.Execute(w, list)
}
