// Package eventbridge puts news on the stack's event bus, where the rules of
// whoever runs the stack take it on. An event says which job ended and how, as
// a webhook's message does, and nothing of any contact.
package eventbridge

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/webhook"
)

// Source is the source of every event on the bus.
const Source = "rollbook"

// Bus is one event bus.
type Bus struct {
	client *eventbridge.Client
	name   string
}

// New returns the bus with the name or ARN.
func New(client *eventbridge.Client, name string) *Bus { return &Bus{client, name} }

// Put puts one event: its detail-type is the news' type, its detail the data, and
// its resource the institution. Events may come more than once; the detail's id and
// finishedAt tell.
func (b *Bus) Put(ctx context.Context, in domain.InstitutionID, n webhook.News) error {
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: &b.name, Source: aws.String(Source), DetailType: aws.String(string(n.Type)),
		Detail: aws.String(string(n.Data)), Time: &n.Timestamp, Resources: []string{string(in)},
	}}})
	if err != nil {
		return awsfault.Of(err)
	}
	for _, e := range out.Entries {
		if e.ErrorCode != nil {
			return awsfault.Of(errors.New("EventBridge PutEvents: " + *e.ErrorCode))
		}
	}
	return nil
}
