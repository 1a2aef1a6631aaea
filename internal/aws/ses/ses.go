// Package ses sends mails through Amazon SES, each at most once, and tells what
// became of it in four kinds of errors that the caller can act on. Addresses
// and texts are never in its errors.
package ses

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/mail"
)

// attempts is how often a mail that was throttled is tried.
const attempts = 6

// Mailer sends from one address.
type Mailer struct {
	// Delay is how long to wait before the attempt with the number (1 for the
	// second), at random up to 200 ms, 400 ms … 5 s unless set.
	Delay func(attempt int) time.Duration

	client *sesv2.Client
	from   string
	set    string
}

// New returns a mailer that sends from the address, which SES must know as
// verified, with the configuration set ("" for none) that reports bounces.
func New(client *sesv2.Client, from, configurationSet string) *Mailer {
	return &Mailer{Delay: delay, client: client, from: from, set: configurationSet}
}

func delay(attempt int) time.Duration {
	return rand.N(min(200*time.Millisecond<<min(max(attempt-1, 0), 10), 5*time.Second))
}

// unsent tells whether SES did surely not take the mail, so that sending it
// again cannot make two of it: it was throttled, or never connected to.
func unsent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return awsfault.Throttled(err) || ok && op.Op == "dial"
}

// Send sends one mail, at most once: where it is not known whether SES took it
// (no answer came), it is not sent again. The error's text may be shown:
//
//	Busy     "busy"          throttled or away, nothing was sent: try later
//	Invalid  "mailRefused"   SES does not take this mail: the address is on a
//	                         suppression list or, in the sandbox, not verified
//	Invalid  "mailPaused"    sending is suspended for the account or the sender
//	Internal "mailUnknown"   no answer came: it may have been sent
func (m *Mailer) Send(ctx context.Context, msg mail.Message) error {
	utf8 := func(s string) *types.Content { return &types.Content{Data: &s, Charset: aws.String("UTF-8")} }
	in := &sesv2.SendEmailInput{
		FromEmailAddress: &m.from,
		Destination:      &types.Destination{ToAddresses: []string{msg.To}},
		Content:          &types.EmailContent{Simple: &types.Message{Subject: utf8(msg.Subject), Body: &types.Body{Text: utf8(msg.Text)}}},
	}
	if msg.HTML != "" {
		in.Content.Simple.Body.Html = utf8(msg.HTML)
	}
	if m.set != "" {
		in.ConfigurationSetName = &m.set
	}
	if msg.Job != (domain.Job{}) {
		tag := func(name, value string) types.MessageTag { return types.MessageTag{Name: &name, Value: &value} }
		in.EmailTags = []types.MessageTag{tag("institution", string(msg.Job.Institution)), tag("job", string(msg.Job.Kind)), tag("id", msg.Job.ID)}
	}
	_, err := m.client.SendEmail(ctx, in, func(o *sesv2.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) { return m.Delay(attempt), nil })
			o.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary { return aws.BoolTernary(unsent(err)) })}
		})
	})
	if err == nil {
		return nil
	}
	e := fault.New(fault.Internal, "mailUnknown")
	switch {
	case unsent(err) || awsfault.Status(err) >= 500:
		e = fault.New(fault.Busy, "busy.mail")
	case errors.As(err, new(*types.MessageRejected)) || errors.As(err, new(*types.BadRequestException)) || errors.As(err, new(*types.NotFoundException)):
		e = fault.New(fault.Invalid, "mailRefused")
	case errors.As(err, new(*types.AccountSuspendedException)) || errors.As(err, new(*types.SendingPausedException)) ||
		errors.As(err, new(*types.MailFromDomainNotVerifiedException)) || errors.As(err, new(*types.LimitExceededException)):
		e = fault.New(fault.Invalid, "mailPaused")
	case awsfault.Status(err) >= 400: // 200 with half an answer may have been sent
		e = fault.New(fault.Internal, "mailFailed")
	}
	e.Err = awsfault.Of(err)
	return e
}
