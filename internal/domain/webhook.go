package domain

import (
	"slices"
	"time"
)

// Event is a kind of news that a webhook can ask for.
type Event string

// The events.
const (
	ImportFinished   Event = "import.finished"
	TemplateFinished Event = "template.finished"
	// WebhookTest is sent when somebody tries a webhook; nobody asks for it.
	WebhookTest Event = "webhook.test"
)

// Events are those that a webhook can ask for.
var Events = []Event{ImportFinished, TemplateFinished}

// MostWebhooks is how many an institution may have.
const MostWebhooks = 20

// Webhook is where a machine of the institution wants to be told.
type Webhook struct {
	ID        string
	URL       string
	Events    []Event
	Secret    string // with which messages are signed, as Standard Webhooks writes it
	CreatedAt time.Time
	CreatedBy Who
	Last      Attempt // the last one of all its deliveries
	// Gone says that the receiver answered 410: it gets nothing any more.
	Gone bool
}

// Ends is never.
func (Webhook) Ends() time.Time { return time.Time{} }

// Due is never.
func (Webhook) Due() time.Time { return time.Time{} }

// Wants tells whether the webhook is to be told of the event.
func (w Webhook) Wants(e Event) bool {
	return !w.Gone && (e == WebhookTest || slices.Contains(w.Events, e))
}

// Attempt is one try to tell a webhook something.
type Attempt struct {
	At       time.Time
	Event    Event
	Delivery string
	Status   int    // of the answer, 0 if there was none
	Code     string // why it counts as failed, "" if it was taken
}

// Delivery is one message on its way to one webhook.
type Delivery struct {
	ID      string // of the message, the same at every try
	Webhook string
	Event   Event
	Body    []byte // as it is signed and sent
	MadeAt  time.Time
	Tries   int
	NextAt  time.Time // zero when it was taken or given up
}

// Due is when the next try is due.
func (d Delivery) Due() time.Time { return d.NextAt }

// Ends is a week after it was made.
func (d Delivery) Ends() time.Time { return d.MadeAt.AddDate(0, 0, 7) }

// Begin counts a try that begins now. Until the next one is due, after 5
// minutes, 10, 20 and so on, nobody else makes one. A day after it was made the
// try is the last.
func (d *Delivery) Begin(now time.Time) {
	d.Tries++
	d.NextAt = now.Add(pauseAfter(d.Tries))
	if now.Sub(d.MadeAt) >= tellFor {
		d.NextAt = time.Time{}
	}
}

// Done says that nothing more is to be tried.
func (d *Delivery) Done() { d.NextAt = time.Time{} }
