package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollbook/internal/webhook"
)

func TestMessagesAreSignedAsTheStandardSays(t *testing.T) {
	var got *http.Request
	var body []byte
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()
	m := webhook.Message{ID: "msg_1", URL: receiver.URL + "/in?x=1", Secret: webhook.NewSecret(), Body: []byte(`{"type":"import.finished"}`)}
	p := &webhook.Poster{Now: time.Now, Loopback: true}
	status, err := p.Post(t.Context(), m)
	if err != nil || status != 204 {
		t.Fatalf("%d, %v", status, err)
	}
	if got.Method != "POST" || got.URL.String() != "/in?x=1" || got.Header.Get("Content-Type") != "application/json" || string(body) != string(m.Body) {
		t.Errorf("%s %s %v %s", got.Method, got.URL, got.Header, body)
	}
	receiverSide, err := standardwebhooks.NewWebhook(m.Secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := receiverSide.Verify(body, got.Header); err != nil {
		t.Errorf("the signature: %v", err)
	}
	if err := receiverSide.Verify(append(body, ' '), got.Header); err == nil {
		t.Error("another body has the same signature")
	}
}

func TestOnlyPublicAddresses(t *testing.T) {
	for address, want := range map[string]error{
		"https://example.org/hook":            nil,
		"https://93.184.216.34/":              nil,
		"https://[2606:4700::1111]/":          nil,
		"http://example.org/hook":             webhook.ErrAddress,
		"ftp://example.org/":                  webhook.ErrAddress,
		"https:///hook":                       webhook.ErrAddress,
		"https://:443/":                       webhook.ErrAddress,
		"https://ana:secret@example.org/":     webhook.ErrAddress,
		"https://example.org/#part":           webhook.ErrAddress,
		"https:example.org":                   webhook.ErrAddress,
		"":                                    webhook.ErrAddress,
		"https://127.0.0.1/":                  webhook.ErrPrivate,
		"https://10.1.2.3/":                   webhook.ErrPrivate,
		"https://172.16.0.1/":                 webhook.ErrPrivate,
		"https://192.168.1.1/":                webhook.ErrPrivate,
		"https://169.254.169.254/latest/meta": webhook.ErrPrivate,
		"https://169.254.170.2/":              webhook.ErrPrivate,
		"https://100.64.0.1/":                 webhook.ErrPrivate,
		"https://0.0.0.0/":                    webhook.ErrPrivate,
		"https://255.255.255.255/":            webhook.ErrPrivate,
		"https://224.0.0.1/":                  webhook.ErrPrivate,
		"https://[::1]/":                      webhook.ErrPrivate,
		"https://[::ffff:10.0.0.1]/":          webhook.ErrPrivate,
		"https://[::ffff:127.0.0.1]/":         webhook.ErrPrivate,
		"https://[64:ff9b::7f00:1]/":          webhook.ErrPrivate,
		"https://[2002:7f00:1::]/":            webhook.ErrPrivate,
		"https://[fd00:ec2::254]/":            webhook.ErrPrivate,
		"https://[fe80::1%25eth0]/":           webhook.ErrPrivate,
	} {
		if err := webhook.Check(address, false); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
	}
	for address, want := range map[string]error{
		"http://127.0.0.1:8080/": nil, "https://[::1]/": nil, "http://10.0.0.1/": webhook.ErrPrivate,
	} {
		if err := webhook.Check(address, true); !errors.Is(err, want) {
			t.Errorf("on this machine: %s: %v, want %v", address, err, want)
		}
	}
}

// A name says nothing about where it leads: what counts is the connection.
func TestANameThatLeadsInside(t *testing.T) {
	asked := false
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer receiver.Close()
	address := strings.Replace(receiver.URL, "127.0.0.1", "localhost", 1)
	p := &webhook.Poster{Now: time.Now}
	if err := webhook.Check(address, false); err != nil {
		t.Fatal(err)
	}
	_, err := p.Post(t.Context(), webhook.Message{ID: "m", URL: address, Secret: webhook.NewSecret(), Body: []byte("{}")})
	if !errors.Is(err, webhook.ErrPrivate) || asked {
		t.Errorf("%v, asked %t", err, asked)
	}
}

func TestRedirectionsAreNotFollowed(t *testing.T) {
	asked := 0
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer receiver.Close()
	status, err := (&webhook.Poster{Now: time.Now, Loopback: true}).Post(t.Context(), webhook.Message{ID: "m", URL: receiver.URL, Secret: webhook.NewSecret(), Body: []byte("{}")})
	if err != nil || status != http.StatusTemporaryRedirect || asked != 1 {
		t.Errorf("%d, %v, asked %d times", status, err, asked)
	}
}

// An address may hold a secret, so it is in no error, and neither is the body.
func TestErrorsSayNothingOfTheAddress(t *testing.T) {
	silent := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	defer receiver.Close()
	defer close(silent)
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, address := range map[string]string{"never answers": receiver.URL, "is away": gone.URL} {
		p := &webhook.Poster{Now: time.Now, Loopback: true, Timeout: 50 * time.Millisecond}
		_, err := p.Post(t.Context(), webhook.Message{ID: "m", URL: address + "/secret-path", Secret: webhook.NewSecret(), Body: []byte(`{"a":1}`)})
		if err == nil || strings.Contains(err.Error(), "secret-path") || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
