package mail

import (
	"context"
	"errors"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Once sends the one mail of a job. change applies a function to the job's mail
// state in the store, again and again until nobody wrote in between, and returns
// the function's error as it is. Who claims the mail sends it: a sender that
// dies between the claim and the sending leaves no mail rather than two. That a
// mail cannot be sent is no error: the state says why, and failed is told.
func Once(ctx context.Context, change func(f func(*domain.MailState) error) error, send func(context.Context, Message) error, m Message, failed func(error)) error {
	errClaimed := errors.New("claimed")
	err := change(func(s *domain.MailState) error {
		if s.Status != "" {
			return errClaimed
		}
		*s = domain.MailState{Status: "sending"}
		return nil
	})
	if errors.Is(err, errClaimed) {
		return nil
	}
	if err != nil {
		return err
	}
	state := domain.MailState{Status: "sent"}
	if err := send(ctx, m); err != nil {
		failed(err)
		state = domain.MailState{Status: "failed", Code: "mailFailed", Reason: "The mail could not be sent."}
		if f, ok := fault.As(err); ok && f.Text != "" {
			state.Code, state.Reason = f.Code, f.Text
		}
	}
	return change(func(s *domain.MailState) error {
		if s.Status == "sending" { // and has not come back meanwhile
			*s = state
		}
		return nil
	})
}
