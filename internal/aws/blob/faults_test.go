package blob_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/aws/blob"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/emulator"
)

// transport answers requests instead of the network, or passes them on.
type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

// faulty returns a bucket whose requests go through f; no call waits.
func faulty(conf aws.Config, bucket string, f transport) *blob.Blobs {
	b := blob.New(s3.NewFromConfig(conf, pathStyle, func(o *s3.Options) {
		o.HTTPClient = f
		o.RetryMaxAttempts = 1
	}), bucket)
	b.Wait = func(ctx context.Context, _ int) error { return ctx.Err() }
	return b
}

// cutBody ends a body with an error after n bytes.
type cutBody struct {
	io.ReadCloser
	n int
}

func (c *cutBody) Read(p []byte) (int, error) {
	if c.n == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.ReadCloser.Read(p[:min(len(p), c.n)])
	c.n -= n
	return n, err
}

func answer(r *http.Request, status int, code string) *http.Response {
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader("<Error><Code>" + code + "</Code><Message>k</Message></Error>"))}
}

func noise(size int) []byte {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

func put(t *testing.T, b *blob.Blobs, key string, body []byte) domain.Object {
	t.Helper()
	o, err := b.Put(t.Context(), key, bytes.NewReader(body), "")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func readAll(t *testing.T, b *blob.Blobs, o domain.Object) ([]byte, error) {
	t.Helper()
	f, err := b.Open(t.Context(), o)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
}

func TestReadsGoOnWhereTheyWereCut(t *testing.T) {
	conf := emulator.ForTest(t)
	bucket := emulator.Bucket(t, conf, true)
	want := noise(20 << 20)
	o := put(t, blob.New(s3.NewFromConfig(conf, pathStyle), bucket), "k", want)
	for name, fail := range map[string]func(n int64, r *http.Request, resp *http.Response) *http.Response{
		"every second body is cut": func(n int64, r *http.Request, resp *http.Response) *http.Response {
			if n%2 == 1 {
				resp.Body = &cutBody{resp.Body, 1_000_000}
			}
			return resp
		},
		"every body is cut, but goes on": func(_ int64, _ *http.Request, resp *http.Response) *http.Response {
			resp.Body = &cutBody{resp.Body, 1_500_000}
			return resp
		},
		"bodies cut before the first byte": func(n int64, _ *http.Request, resp *http.Response) *http.Response {
			if n%3 != 0 {
				resp.Body = &cutBody{resp.Body, 0}
			}
			return resp
		},
		"slow down and 500": func(n int64, r *http.Request, resp *http.Response) *http.Response {
			switch n % 4 {
			case 1:
				return answer(r, 503, "SlowDown")
			case 2:
				return answer(r, 500, "InternalError")
			}
			return resp
		},
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int64
			b := faulty(conf, bucket, func(r *http.Request) (*http.Response, error) {
				resp, err := http.DefaultClient.Do(r)
				if err != nil || r.Method != http.MethodGet {
					return resp, err
				}
				return fail(n.Add(1), r, resp), nil
			})
			got, err := readAll(t, b, o)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("read %d bytes of %d: %v", len(got), len(want), err)
			}
		})
	}
}

func TestReadsEndBusyAndNeverShort(t *testing.T) {
	conf := emulator.ForTest(t)
	bucket := emulator.Bucket(t, conf, true)
	want := noise(9 << 20)
	o := put(t, blob.New(s3.NewFromConfig(conf, pathStyle), bucket), "k", want)
	var healthy atomic.Bool
	var asked atomic.Int64
	b := faulty(conf, bucket, func(r *http.Request) (*http.Response, error) {
		resp, err := http.DefaultClient.Do(r)
		if err == nil && r.Method == http.MethodGet && !healthy.Load() {
			asked.Add(1)
			resp.Body = &cutBody{resp.Body, 0}
		}
		return resp, err
	})
	f, err := b.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.ReadAt(make([]byte, 100), 0)
	if n != 0 || err == io.EOF || fault.KindOf(err) != fault.Busy {
		t.Errorf("read %d, %v; want Busy", n, err)
	}
	if _, err := b.Get(t.Context(), "k"); fault.KindOf(err) != fault.Busy {
		t.Errorf("Get: %v; want Busy", err)
	}
	if n := asked.Load(); n > 30 {
		t.Errorf("asked %d times", n)
	}
	// The same open file reads on when the store is well again.
	healthy.Store(true)
	got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes of %d: %v", len(got), len(want), err)
	}
	if got, err := b.Get(t.Context(), "k"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Get %d bytes of %d: %v", len(got), len(want), err)
	}
}

func TestARangeThatIsIgnoredIsNoOtherRange(t *testing.T) {
	conf := emulator.ForTest(t)
	bucket := emulator.Bucket(t, conf, true)
	want := noise(17 << 20)
	plain := blob.New(s3.NewFromConfig(conf, pathStyle), bucket)
	o := put(t, plain, "k", want)
	whole := faulty(conf, bucket, func(r *http.Request) (*http.Response, error) {
		r.Header.Del("Range")
		return http.DefaultClient.Do(r)
	})
	if got, err := readAll(t, whole, o); err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d bytes of %d: %v", len(got), len(want), err)
	}
	other := faulty(conf, bucket, func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Range") != "" {
			r.Header.Set("Range", "bytes=5-1000000")
		}
		return http.DefaultClient.Do(r)
	})
	if _, err := readAll(t, other, o); fault.KindOf(err) != fault.Internal || err == nil {
		t.Errorf("another range was taken: %v", err)
	}
}

func TestAReplacedObjectIsNotMixed(t *testing.T) {
	conf := emulator.ForTest(t)
	b := blob.New(s3.NewFromConfig(conf, pathStyle), emulator.Bucket(t, conf, false))
	one := noise(30 << 20)
	o := put(t, b, "k", one)
	if o.Version != "" {
		t.Errorf("version %q of a bucket without versions", o.Version)
	}
	f, err := b.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 100)
	if _, err := f.ReadAt(p, 0); err != nil || !bytes.Equal(p, one[:100]) {
		t.Fatal(err)
	}
	put(t, b, "k", make([]byte, 30<<20))
	if n, err := f.ReadAt(p, 25<<20); n != 0 || fault.KindOf(err) != fault.NotFound {
		t.Errorf("read %d of another object, %v", n, err)
	}
}

func TestSequentialReadingAsksForEachBlockOnce(t *testing.T) {
	conf := emulator.ForTest(t)
	bucket := emulator.Bucket(t, conf, true)
	want := noise(41 << 20)
	o := put(t, blob.New(s3.NewFromConfig(conf, pathStyle), bucket), "k", want)
	var mu sync.Mutex
	asked := map[string]int{}
	b := faulty(conf, bucket, func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			mu.Lock()
			asked[r.Header.Get("Range")]++
			mu.Unlock()
		}
		return http.DefaultClient.Do(r)
	})
	if got, err := readAll(t, b, o); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read %d bytes of %d: %v", len(got), len(want), err)
	}
	mu.Lock()
	defer mu.Unlock()
	wantAsked := map[string]int{"bytes=0-8388607": 1, "bytes=8388608-16777215": 1, "bytes=16777216-25165823": 1,
		"bytes=25165824-33554431": 1, "bytes=33554432-41943039": 1, "bytes=41943040-42991615": 1}
	if diff := cmp.Diff(wantAsked, asked); diff != "" {
		t.Errorf("ranges (-want +got):\n%s", diff)
	}
}

func TestAFailedUploadLeavesNoParts(t *testing.T) {
	conf := emulator.ForTest(t)
	bucket := emulator.Bucket(t, conf, true)
	client := s3.NewFromConfig(conf, pathStyle)
	broken := errors.New("broken")
	b := blob.New(client, bucket)
	ctx, cancel := context.WithCancel(t.Context())
	for name, r := range map[string]io.Reader{
		"the reader fails":         io.MultiReader(bytes.NewReader(noise(20<<20)), readerFunc(func([]byte) (int, error) { return 0, broken })),
		"the context is cancelled": io.MultiReader(bytes.NewReader(noise(20<<20)), readerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })),
	} {
		if _, err := b.Put(ctx, "k", r, ""); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	left, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(left.Uploads); n != 0 {
		t.Errorf("%d uploads are left", n)
	}
	if _, err := b.Get(t.Context(), "k"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Get: %v", err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestPutAnsweredByAnErrorIsTriedAgain(t *testing.T) {
	conf := emulator.ForTest(t)
	bucket := emulator.Bucket(t, conf, true)
	var n atomic.Int64
	b := blob.New(s3.NewFromConfig(conf, pathStyle, func(o *s3.Options) {
		o.RetryMaxAttempts = 4
		o.HTTPClient = transport(func(r *http.Request) (*http.Response, error) {
			resp, err := http.DefaultClient.Do(r)
			if err == nil && n.Add(1)%2 == 1 { // done, but the answer says otherwise
				resp.Body.Close()
				return answer(r, 503, "SlowDown"), nil
			}
			return resp, err
		})
	}), bucket)
	for _, size := range []int{10, 17 << 20} {
		want := noise(size)
		o := put(t, b, "k", want)
		got, err := readAll(t, blob.New(s3.NewFromConfig(conf, pathStyle), bucket), o)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %d bytes of %d: %v", len(got), len(want), err)
		}
	}
}

func TestErrorsDoNotNameTheKey(t *testing.T) {
	conf := emulator.ForTest(t)
	b := faulty(conf, "bucket", func(r *http.Request) (*http.Response, error) { return answer(r, 400, "InvalidRequest"), nil })
	_, err := b.Get(t.Context(), "inbox/opera/anna-meier.csv")
	if err == nil || strings.Contains(err.Error(), "anna") {
		t.Errorf("the error is %v", err)
	}
	b = faulty(conf, "bucket", func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: io.ErrUnexpectedEOF}
	})
	if _, err := b.Get(t.Context(), "inbox/opera/anna-meier.csv"); fault.KindOf(err) != fault.Busy || strings.Contains(err.Error(), "anna") {
		t.Errorf("the error is %v", err)
	}
}

func TestSignPostPolicy(t *testing.T) {
	b := blob.New(s3.New(s3.Options{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "TOKEN")}), "uploads")
	before := time.Now()
	address, fields, err := b.SignPost(t.Context(), "imports/opera/i1", 5<<30, 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if address != "https://uploads.s3.eu-central-1.amazonaws.com" && address != "https://uploads.s3.eu-central-1.amazonaws.com/" {
		t.Errorf("address %s", address)
	}
	doc, err := base64.StdEncoding.DecodeString(fields["policy"])
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Expiration time.Time
		Conditions []any
	}
	if err := json.Unmarshal(doc, &policy); err != nil {
		t.Fatal(err)
	}
	if d := policy.Expiration.Sub(before); d < 14*time.Minute || d > 16*time.Minute {
		t.Errorf("ends after %v, want 15 minutes", d)
	}
	var got []any
	for _, c := range policy.Conditions {
		m, ok := c.(map[string]any)
		if ok && (m["X-Amz-Date"] != nil || m["X-Amz-Credential"] != nil || m["X-Amz-Algorithm"] != nil) {
			continue
		}
		got = append(got, c)
	}
	want := []any{map[string]any{"bucket": "uploads"}, map[string]any{"X-Amz-Security-Token": "TOKEN"},
		[]any{"content-length-range", 0.0, 5.0 * (1 << 30)}, map[string]any{"key": "imports/opera/i1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	if fields["key"] != "imports/opera/i1" || fields["X-Amz-Security-Token"] != "TOKEN" || fields["X-Amz-Signature"] == "" {
		t.Errorf("fields %v", fields)
	}
}

func TestSignGetNamesTheFileOfAVersion(t *testing.T) {
	b := blob.New(s3.New(s3.Options{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "TOKEN")}), "files")
	address, err := b.SignGet(t.Context(), domain.Object{Key: "a b/ü.csv", Version: "v1"}, "Größe\r\n\".csv", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Path != "/a b/ü.csv" || q.Get("versionId") != "v1" || q.Get("X-Amz-Expires") != "60" || q.Get("X-Amz-Security-Token") != "TOKEN" {
		t.Errorf("address %s", address)
	}
	disposition := q.Get("response-content-disposition")
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil || params["filename"] != "Größe\r\n\".csv" || strings.ContainsAny(disposition, "\r\n") {
		t.Errorf("disposition %q: %v", disposition, err)
	}
	if !strings.HasPrefix(disposition, `attachment; filename="Gr__e___.csv"; `) {
		t.Errorf("disposition %q", disposition)
	}
}
