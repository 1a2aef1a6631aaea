package webhook_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollbook/internal/domain"
	"rollbook/internal/webhook"
)

// A receiver checks the signature with the secret that it was given, and knows a
// repetition by the message's id.
func ExamplePoster_Deliver() {
	secret := webhook.NewSecret()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		verifier, err := standardwebhooks.NewWebhook(secret)
		if err != nil || verifier.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Println(r.Header.Get("webhook-id"), string(body))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer receiver.Close()

	to := domain.Webhook{ID: "w1", URL: receiver.URL, Secret: secret}
	news := webhook.News{ID: "msg_1", Type: domain.ImportFinished, Timestamp: time.Date(2026, 3, 5, 14, 7, 0, 0, time.UTC), Data: []byte(`{"id":"0199","status":"done"}`)}
	_, delivery, err := news.For(to, time.Now())
	if err != nil {
		fmt.Println(err)
		return
	}
	poster := webhook.Poster{Now: time.Now, Loopback: true}
	status, err := poster.Deliver(context.Background(), to, delivery)
	fmt.Println(status, err)
	// Output:
	// msg_1 {"type":"import.finished","timestamp":"2026-03-05T14:07:00Z","data":{"id":"0199","status":"done"}}
	// 202 <nil>
}
