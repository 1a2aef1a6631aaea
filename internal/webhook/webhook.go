// Package webhook is what is said to machines, and how: messages in the form
// and with the signature of Standard Webhooks (standardwebhooks.com), posted to
// public addresses only.
//
// News is what happened. News.For makes one Delivery of it for one webhook; a
// Poster sends it, each time with the same webhook-id and a new signature, so
// that the receiver can tell a repetition from news and a message of ours from
// anybody's. When a delivery is tried again, and how long, is the domain's
// (Delivery.Begin); who tries is package announce.
//
// An address is looked at twice: Check refuses what can be told from its text,
// and a Poster refuses at the moment of connecting every host that turns out to
// be private, so that a name cannot be pointed inside later. Messages hold
// nothing of any contact.
package webhook

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rollbook/internal/domain"
)

// NewSecret returns a secret of 32 random bytes, written whsec_ and base64.
func NewSecret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return "whsec_" + base64.StdEncoding.EncodeToString(b)
}

// Message is one message. ID is the same at every try, so that the receiver can
// tell a repetition.
type Message struct {
	ID     string
	URL    string
	Secret string
	Body   []byte // JSON
}

// News is the body of a message: one event. Data says which job it is about and
// how it ended, and holds nothing of any contact: who wants more asks the API.
type News struct {
	ID        string          `json:"-"` // of the message, the same whenever it is told
	Type      domain.Event    `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// For returns the way of the news to a webhook, and the key to keep it by: the
// same news has the same.
func (n News) For(w domain.Webhook, now time.Time) (key string, d domain.Delivery, err error) {
	body, err := json.Marshal(n)
	return w.ID + "." + n.ID, domain.Delivery{ID: n.ID, Webhook: w.ID, Event: n.Type, Body: body, MadeAt: now, NextAt: now}, err
}

// Reasons why an address is not taken.
var (
	ErrAddress = errors.New("not an https address with a host, without user and fragment")
	ErrPrivate = errors.New("not a public address")
)

// Poster posts messages.
type Poster struct {
	Now func() time.Time
	// Loopback allows http and the addresses of this machine, for a stack that
	// runs on it.
	Loopback bool
	// Timeout is for one message; 10 seconds unless set.
	Timeout time.Duration
}

// Check refuses addresses that are never posted to: ErrAddress for their form,
// ErrPrivate if their host is an address that is not public. A name is looked up
// only when something is sent, each time anew. loopback allows http and the
// addresses of this machine.
func Check(address string, loopback bool) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return ErrAddress
	}
	if u.Scheme != "https" && !(loopback && u.Scheme == "http") {
		return ErrAddress
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !allowed(ip, loopback) {
		return ErrPrivate
	}
	return nil
}

// Post sends the message once, within Timeout, and returns the answer's status. Redirections are
// not followed: the answer is theirs. An error means that there was no answer.
func (p *Poster) Post(ctx context.Context, m Message) (status int, err error) {
	if err := Check(m.URL, p.Loopback); err != nil {
		return 0, err
	}
	signer, err := standardwebhooks.NewWebhook(m.Secret)
	if err != nil {
		return 0, errors.New("webhook: a secret of another form")
	}
	now := p.Now()
	signature, err := signer.Sign(m.ID, now, m.Body)
	if err != nil {
		return 0, err
	}
	timeout := p.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(m.Body))
	if err != nil {
		return 0, ErrAddress
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Rollbook-Webhooks")
	req.Header.Set(standardwebhooks.HeaderWebhookID, m.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	resp, err := p.client().Do(req)
	if err != nil {
		// The error's own text has the address, which may hold a secret.
		switch {
		case errors.Is(err, ErrPrivate):
			return 0, ErrPrivate
		case ctx.Err() != nil:
			return 0, fmt.Errorf("webhook: no answer within %s", timeout)
		}
		return 0, errors.New("webhook: no connection")
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	return resp.StatusCode, nil
}

// Deliver posts a delivery to its webhook.
func (p *Poster) Deliver(ctx context.Context, to domain.Webhook, d domain.Delivery) (status int, err error) {
	return p.Post(ctx, Message{ID: d.ID, URL: to.URL, Secret: to.Secret, Body: d.Body})
}

// client connects to public addresses only. It looks at the address that a
// connection is really made to, so a name that resolves differently the second
// time gains nothing; and it knows no proxy.
func (p *Poster) client() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !allowed(at.Addr(), p.Loopback) {
			return ErrPrivate
		}
		return nil
	}}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// notPublic are the networks that are global unicast by form and yet lead
// nowhere, inside, or to another address (IANA's registries of special-purpose
// addresses, RFC 6890).
var notPublic = func() (out []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
		"3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

func allowed(ip netip.Addr, loopback bool) bool {
	ip = ip.Unmap().WithZone("")
	if loopback && ip.IsLoopback() {
		return true
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, n := range notPublic {
		if n.Contains(ip) {
			return false
		}
	}
	return true
}
