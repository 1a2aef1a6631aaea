package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
	"rollbook/internal/webhook"
)

type webhookBody struct {
	URL    string   `json:"url" minLength:"1" maxLength:"2000" example:"https://crm.aurora.example/rollbook" doc:"Where messages are posted: https, and a public address."`
	Events []string `json:"events" minItems:"1" maxItems:"10" enum:"import.finished,template.finished" doc:"What to be told of."`
}

type webhookView struct {
	ID          string       `json:"id"`
	URL         string       `json:"url"`
	Events      []string     `json:"events"`
	CreatedAt   time.Time    `json:"createdAt"`
	CreatedBy   string       `json:"createdBy"`
	CreatedByID string       `json:"createdById"`
	Gone        bool         `json:"gone,omitempty" doc:"The receiver answered 410 (Gone): nothing is sent to it any more."`
	Last        *attemptView `json:"last,omitempty" doc:"What became of the last message."`
}

type attemptView struct {
	At     time.Time   `json:"at"`
	Event  string      `json:"event" example:"import.finished"`
	ID     string      `json:"id" doc:"The message's webhook-id."`
	Status int         `json:"status,omitempty" doc:"Of the receiver's answer; absent if there was none."`
	Why    *reasonView `json:"why,omitempty" doc:"Why it was not taken; absent if it was."`
}

func showWebhook(w domain.Webhook, lang string) webhookView {
	v := webhookView{ID: w.ID, URL: w.URL, CreatedAt: w.CreatedAt, CreatedBy: w.CreatedBy.Name(), CreatedByID: w.CreatedBy.ID(), Gone: w.Gone}
	for _, e := range w.Events {
		v.Events = append(v.Events, string(e))
	}
	if !w.Last.At.IsZero() {
		v.Last = &attemptView{At: w.Last.At, Event: string(w.Last.Event), ID: w.Last.Delivery, Status: w.Last.Status}
		if w.Last.Code != "" {
			why := showReason(reason.New(w.Last.Code), lang)
			v.Last.Why = &why
		}
	}
	return v
}

// webhookTag is of what somebody decided: a message does not change it.
func webhookTag(w domain.Webhook) string {
	w.Last = domain.Attempt{}
	return tag(showWebhook(w, reason.English))
}

type webhookAnswer struct {
	ETag string `header:"ETag"`
	Body webhookView
}

type newWebhookAnswer struct {
	Location string `header:"Location" doc:"Of what was made."`
	Body     struct {
		ID     string `json:"id"`
		Secret string `json:"secret" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" doc:"With which messages are signed. It is shown this once."`
	}
}

type sentAnswer struct {
	Body struct {
		ID string `json:"id" doc:"The message's webhook-id: the webhook's last has it when it was tried."`
	}
}

func (s *server) webhookRoutes() {
	const all, one = "/api/webhooks", "/api/webhooks/{id}"
	route(s, Admin, huma.Operation{
		OperationID: "listWebhooks", Method: http.MethodGet, Path: all, Tags: []string{tagMachines},
		Summary: "List webhooks, without their secrets",
	}, func(ctx context.Context, c Claims, in *Paging) (*listed[webhookView], error) {
		lang := s.lang(ctx, c)
		return list(in.Limit, func(limit int) ([]domain.Webhook, string, error) {
			return s.Webhooks.List(ctx, c.Institution, limit, in.Cursor)
		}, func(w domain.Webhook) webhookView { return showWebhook(w, lang) })
	})
	route(s, Admin, huma.Operation{
		OperationID: "createWebhook", Method: http.MethodPost, Path: all, Tags: []string{tagMachines},
		Summary: "Have a machine told how jobs end", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
		Description: "A message is `{type, timestamp, data}`, signed as [Standard Webhooks](https://www.standardwebhooks.com) says. It counts as taken when the answer is 2xx within 10 seconds; otherwise it is sent again with growing pauses for a day, with the same `webhook-id`. `data` says which import or template it is about and how it ended, and has nothing of any contact.",
	}, s.createWebhook)
	route(s, Admin, huma.Operation{
		OperationID: "getWebhook", Method: http.MethodGet, Path: one, Tags: []string{tagMachines},
		Summary: "Get a webhook, without its secret", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *IDPath) (*webhookAnswer, error) {
		w, err := get(ctx, s.Webhooks, c, in.ID)
		return &webhookAnswer{webhookTag(w), showWebhook(w, s.lang(ctx, c))}, err
	})
	route(s, Admin, huma.Operation{
		OperationID: "deleteWebhook", Method: http.MethodDelete, Path: one, Tags: []string{tagMachines},
		Summary: "Delete a webhook", Description: "Nothing is sent to it any more, also no message that was to be tried again.", Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, func(ctx context.Context, c Claims, in *thingDelete) (*struct{}, error) {
		w, err := get(ctx, s.Webhooks, c, in.ID)
		if err == nil {
			err = in.checkTag(webhookTag(w))
		}
		if err != nil {
			return nil, err
		}
		return nil, s.Webhooks.Delete(ctx, c.Institution, in.ID)
	})
	route(s, Admin, huma.Operation{
		OperationID: "testWebhook", Method: http.MethodPost, Path: one + "/test", Tags: []string{tagMachines},
		Summary: "Send a webhook a message of type webhook.test", DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusNotFound},
		Description: "It is sent within seconds; the webhook's `last` says what became of it.",
	}, s.testWebhook)
}

func (s *server) createWebhook(ctx context.Context, c Claims, in *struct{ Body webhookBody }) (*newWebhookAnswer, error) {
	var f faults
	switch err := webhook.Check(in.Body.URL, s.LoopbackWebhooks); {
	case errors.Is(err, webhook.ErrPrivate):
		f.add("body.url", "webhookPrivate")
	case err != nil:
		f.add("body.url", "webhookAddress")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	there, _, err := s.Webhooks.List(ctx, c.Institution, domain.MostWebhooks, "")
	if err != nil {
		return nil, err
	}
	if len(there) >= domain.MostWebhooks {
		return nil, fault.New(fault.Conflict, "tooManyWebhooks", domain.MostWebhooks)
	}
	w := domain.Webhook{ID: hex.EncodeToString(random(8)), URL: in.Body.URL, Secret: webhook.NewSecret(), CreatedAt: s.Now().UTC(), CreatedBy: c.who()}
	for _, e := range domain.Events {
		if slices.Contains(in.Body.Events, string(e)) {
			w.Events = append(w.Events, e)
		}
	}
	out := &newWebhookAnswer{Location: "/api/webhooks/" + w.ID}
	out.Body.ID, out.Body.Secret = w.ID, w.Secret
	noted(ctx, out.Location, "")
	return out, s.Webhooks.Create(ctx, c.Institution, w.ID, w)
}

func (s *server) testWebhook(ctx context.Context, c Claims, in *IDPath) (*sentAnswer, error) {
	w, err := get(ctx, s.Webhooks, c, in.ID)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(map[string]string{"institution": string(c.Institution), "webhook": w.ID})
	if err != nil {
		return nil, err
	}
	now := s.Now().UTC()
	key, d, err := webhook.News{ID: "test_" + s.NewID(), Type: domain.WebhookTest, Timestamp: now, Data: data}.For(w, now)
	if err != nil {
		return nil, err
	}
	out := &sentAnswer{}
	out.Body.ID = d.ID
	return out, s.Deliveries.Create(ctx, c.Institution, key, d)
}
