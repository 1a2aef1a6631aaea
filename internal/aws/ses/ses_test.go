package ses_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/ses"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/emulator"
	"rollbook/internal/mail"
)

var message = mail.Message{To: "anna.meier@example.org", Subject: "Import terminé: Größe", Text: "Bonjour\n", HTML: "<p>Bonjour é</p>"}

func TestSendReachesTheMailbox(t *testing.T) {
	conf := emulator.ForTest(t)
	client := sesv2.NewFromConfig(conf)
	from := fmt.Sprintf("rollbook-%d@example.com", time.Now().UnixNano())
	if _, err := client.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &from}); err != nil {
		t.Fatal(err)
	}
	if err := ses.New(client, from, "").Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(aws.ToString(conf.BaseEndpoint) + "/_ministack/ses/messages")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	type sent struct {
		Source, Subject, BodyText, BodyHTML string
		To                                  []string
	}
	var box struct{ Messages map[string][]sent }
	if err := json.Unmarshal(b, &box); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	n := 0
	for _, account := range box.Messages {
		for _, m := range account {
			if m.Source != from {
				continue
			}
			n++
			want := sent{from, message.Subject, message.Text, message.HTML, []string{message.To}}
			if diff := cmp.Diff(want, m); diff != "" {
				t.Errorf("mail (-want +got):\n%s", diff)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d mails from the address, want 1", n)
	}
}

func TestAnUnknownSenderIsRefused(t *testing.T) {
	err := ses.New(sesv2.NewFromConfig(emulator.ForTest(t)), "nobody@unknown.example", "").Send(t.Context(), message)
	if e, ok := fault.As(err); !ok || e.Kind != fault.Invalid || e.Code != "mailRefused" || e.Message("en") == "" {
		t.Errorf("the error is %v", err)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, code string) *http.Response {
	body := `{"MessageId":"1"}`
	h := http.Header{"Content-Type": {"application/json"}}
	if code != "" {
		h.Set("X-Amzn-Errortype", code)
		body = `{"message":"anna.meier@example.org is not good"}`
	}
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func TestFaults(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	read := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset")}
	for name, test := range map[string]struct {
		do    func(call int64) (*http.Response, error)
		calls int64
		kind  fault.Kind
		code  string // "" for sent
	}{
		"throttled twice, then sent": {func(n int64) (*http.Response, error) {
			if n < 3 {
				return answer(429, "TooManyRequestsException"), nil
			}
			return answer(200, ""), nil
		}, 3, 0, ""},
		"not reached twice, then sent": {func(n int64) (*http.Response, error) {
			if n < 3 {
				return nil, dial
			}
			return answer(200, ""), nil
		}, 3, 0, ""},
		"throttled for ever":    {func(int64) (*http.Response, error) { return answer(429, "TooManyRequestsException"), nil }, 6, fault.Busy, "busy"},
		"never reached":         {func(int64) (*http.Response, error) { return nil, dial }, 6, fault.Busy, "busy"},
		"no answer":             {func(int64) (*http.Response, error) { return nil, read }, 1, fault.Internal, "mailUnknown"},
		"connection closed":     {func(int64) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, 1, fault.Internal, "mailUnknown"},
		"500":                   {func(int64) (*http.Response, error) { return answer(500, "InternalServiceErrorException"), nil }, 1, fault.Busy, "busy"},
		"address refused":       {func(int64) (*http.Response, error) { return answer(400, "MessageRejected"), nil }, 1, fault.Invalid, "mailRefused"},
		"malformed address":     {func(int64) (*http.Response, error) { return answer(400, "BadRequestException"), nil }, 1, fault.Invalid, "mailRefused"},
		"sending paused":        {func(int64) (*http.Response, error) { return answer(400, "SendingPausedException"), nil }, 1, fault.Invalid, "mailPaused"},
		"account suspended":     {func(int64) (*http.Response, error) { return answer(400, "AccountSuspendedException"), nil }, 1, fault.Invalid, "mailPaused"},
		"sender's domain wrong": {func(int64) (*http.Response, error) { return answer(400, "MailFromDomainNotVerifiedException"), nil }, 1, fault.Invalid, "mailPaused"},
		"not allowed":           {func(int64) (*http.Response, error) { return answer(403, "AccessDeniedException"), nil }, 1, fault.Internal, "mailFailed"},
	} {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int64
			m := ses.New(sesv2.New(sesv2.Options{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
				HTTPClient: transport(func(*http.Request) (*http.Response, error) { return test.do(calls.Add(1)) })}), "from@example.com", "rollbook")
			m.Delay = func(int) time.Duration { return 0 }
			err := m.Send(t.Context(), message)
			if n := calls.Load(); n != test.calls {
				t.Errorf("%d calls, want %d", n, test.calls)
			}
			if test.code == "" {
				if err != nil {
					t.Errorf("not sent: %v", err)
				}
				return
			}
			e, ok := fault.As(err)
			if !ok || e.Kind != test.kind || string(e.Code) != test.code || e.Message("en") == "" {
				t.Fatalf("the error is %v, want %v %s", err, test.kind, test.code)
			}
			if strings.Contains(err.Error(), "anna") || strings.Contains(e.Message("en"), "anna") {
				t.Errorf("the address is in %v", err)
			}
		})
	}
}

func TestWhatIsAsked(t *testing.T) {
	var body map[string]any
	m := ses.New(sesv2.New(sesv2.Options{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		HTTPClient: transport(func(r *http.Request) (*http.Response, error) {
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				return nil, err
			}
			return answer(200, ""), nil
		})}), "from@example.com", "rollbook")
	if err := m.Send(t.Context(), mail.Message{To: "a@example.org", Subject: "S", Text: "T"}); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"ConfigurationSetName":"rollbook","Content":{"Simple":{"Body":{"Text":{"Charset":"UTF-8","Data":"T"}},"Subject":{"Charset":"UTF-8","Data":"S"}}},"Destination":{"ToAddresses":["a@example.org"]},"FromEmailAddress":"from@example.com"}`
	if string(b) != want {
		t.Errorf("asked %s", b)
	}
}
