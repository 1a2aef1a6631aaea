package mail

import (
	"context"
	"errors"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
)

// Institution is what mails call an institution: its name, or its id where that is
// not known, since a mail goes out under the id rather than not at all.
func Institution(ctx context.Context, catalogue func(context.Context, domain.InstitutionID) (*domain.Catalogue, error), in domain.InstitutionID) string {
	if cat, err := catalogue(ctx, in); err == nil && cat.Settings.Name != "" {
		return cat.Settings.Name
	}
	return string(in)
}

// Once sends the one mail of a job, if it has not been sent and none waits for a
// later time. change applies a function to the job's mail state in the store,
// again and again until nobody wrote in between, and returns the function's error
// as it is. Who claims the mail sends it: a sender that dies between the claim and
// the sending leaves no mail rather than two.
//
// That a mail cannot be sent is no error: the state says why, and failed is told.
// Where it surely did not go and may later (send fails with kind Busy) it waits:
// the reconciler has Once called again, for a day after the first try.
func Once(ctx context.Context, now func() time.Time, change func(f func(*domain.MailState) error) error, send func(context.Context, Message) error, m Message, failed func(error)) error {
	var mine bool
	err := change(func(s *domain.MailState) error {
		at := now().UTC()
		mine = s.Status == "" || s.Status == domain.MailWaiting && s.Due(at)
		switch {
		case s.Silent(at):
			unknown := reason.New("mailUnknown")
			s.Status, s.Why = domain.MailFailed, &unknown
			return nil
		case !mine:
			return errNotNow
		case s.Since.IsZero():
			s.Since = at
		}
		s.Status, s.Why, s.Last = domain.MailSending, nil, at
		s.Tries++
		return nil
	})
	if errors.Is(err, errNotNow) || err == nil && !mine {
		return nil
	}
	if err != nil {
		return err
	}
	sent := send(ctx, m)
	if sent != nil {
		failed(sent)
	}
	return change(func(s *domain.MailState) error {
		if s.Status == domain.MailSending { // and has not come back meanwhile
			s.Status, s.Why = after(*s, sent, now())
		}
		return nil
	})
}

// errNotNow says that there is nothing to send: it was sent, or waits.
var errNotNow = errors.New("not now")

// after says where a mail stands once it was sent or refused.
func after(s domain.MailState, refused error, now time.Time) (status string, why *reason.Reason) {
	if refused == nil {
		return domain.MailSent, nil
	}
	r := reason.New("mailFailed")
	if f, ok := fault.As(refused); ok && f.Shown() {
		r = f.Reason
	}
	status = domain.MailFailed
	if fault.KindOf(refused) == fault.Busy && !s.GivenUp(now) {
		status = domain.MailWaiting
	}
	return status, &r
}
