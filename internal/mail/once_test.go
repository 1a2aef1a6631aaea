package mail_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/mail"
)

// outbox is one job's mail and a service that answers as told.
type outbox struct {
	state  domain.MailState
	now    time.Time
	answer error
	sent   int
	dies   bool                    // after the claim
	during func(*domain.MailState) // happens while it is sent
}

var errKilled = errors.New("killed")

func (o *outbox) once(t *testing.T) {
	t.Helper()
	err := mail.Once(t.Context(), func() time.Time { return o.now },
		func(f func(*domain.MailState) error) error {
			if o.dies && o.state.Status == domain.MailSending {
				return errKilled
			}
			s := o.state
			if err := f(&s); err != nil {
				return err
			}
			o.state = s
			return nil
		},
		func(context.Context, mail.Message) error {
			if o.answer == nil {
				o.sent++
			}
			if o.during != nil {
				o.during(&o.state)
			}
			return o.answer
		}, mail.Message{}, func(error) {})
	if err != nil && !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
}

func (o *outbox) want(t *testing.T, status string, tries, sent int) {
	t.Helper()
	if o.state.Status != status || o.state.Tries != tries || o.sent != sent {
		t.Errorf("%+v, %d sent; want %s after %d tries, %d sent", o.state, o.sent, status, tries, sent)
	}
}

var (
	errBusy    = fault.New(fault.Busy, "busy.mail")
	errRefused = fault.New(fault.Invalid, "mailRefused")
)

func start() *outbox { return &outbox{now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)} }

func TestOnce(t *testing.T) {
	t.Run("sent once", func(t *testing.T) {
		o := start()
		o.once(t)
		o.now = o.now.Add(time.Hour)
		o.once(t)
		o.want(t, domain.MailSent, 1, 1)
	})
	t.Run("refused for good", func(t *testing.T) {
		o := start()
		o.answer = errRefused
		o.once(t)
		o.answer, o.now = nil, o.now.Add(time.Hour)
		o.once(t)
		o.want(t, domain.MailFailed, 1, 0)
	})
	t.Run("waits while the service is busy, then goes", func(t *testing.T) {
		o := start()
		o.answer = errBusy
		o.once(t)
		o.want(t, domain.MailWaiting, 1, 0)
		if o.state.Code() != "busy" {
			t.Errorf("the state does not say why: %+v", o.state)
		}
		o.answer, o.now = nil, o.now.Add(4*time.Minute)
		o.once(t)
		o.want(t, domain.MailWaiting, 1, 0) // its pause is not over
		o.now = o.now.Add(time.Minute)
		o.once(t)
		o.want(t, domain.MailSent, 2, 1)
	})
	t.Run("pauses grow and end after a day", func(t *testing.T) {
		o := start()
		o.answer = errBusy
		begun, last, pauses := o.now, o.now, []time.Duration(nil)
		for o.once(t); o.state.Status == domain.MailWaiting; o.once(t) {
			if o.state.Last.After(last) {
				pauses, last = append(pauses, o.state.Last.Sub(last)), o.state.Last
			}
			o.now = o.now.Add(time.Minute)
		}
		o.want(t, domain.MailFailed, o.state.Tries, 0)
		if d := o.now.Sub(begun); d < 24*time.Hour || d > 36*time.Hour {
			t.Errorf("given up after %v", d)
		}
		for i := range pauses[1:] {
			if pauses[i+1] < pauses[i] {
				t.Errorf("pauses do not grow: %v", pauses)
			}
		}
		if o.state.Tries > 15 {
			t.Errorf("%d tries", o.state.Tries)
		}
	})
	t.Run("a sender that died sends no second mail", func(t *testing.T) {
		o := start()
		o.dies = true
		o.once(t)
		o.want(t, domain.MailSending, 1, 1)
		o.dies, o.now = false, o.now.Add(59*time.Minute)
		o.once(t)
		o.want(t, domain.MailSending, 1, 1)
		o.now = o.now.Add(time.Minute)
		o.once(t)
		o.want(t, domain.MailFailed, 1, 1)
		if o.state.Code() != "mailUnknown" {
			t.Errorf("%+v", o.state)
		}
	})
	t.Run("what came back before it was known to be sent stays", func(t *testing.T) {
		o := start()
		o.during = func(s *domain.MailState) { *s = domain.NewMailState(domain.MailBounced, "mailBounced") }
		o.once(t)
		o.want(t, domain.MailBounced, 0, 1)
		if o.state.Code() != "mailBounced" {
			t.Errorf("%+v", o.state)
		}
	})
	t.Run("what came back stays", func(t *testing.T) {
		o := start()
		o.once(t)
		o.state.Status = domain.MailBounced
		o.now = o.now.Add(24 * time.Hour)
		o.once(t)
		o.want(t, domain.MailBounced, 1, 1)
	})
}
