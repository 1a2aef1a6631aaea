package blob_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"rollbook/internal/domain"
)

const large = 512 << 20

// pattern is an endless source whose byte at each place is known.
type pattern struct{ at int64 }

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(p.at>>10 ^ p.at)
		p.at++
	}
	return len(b), nil
}

// peak watches how much of the heap is in use.
type peak struct {
	mu   sync.Mutex
	most uint64
}

func (p *peak) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = max(p.most, m.HeapInuse)
}

// emptyS3 takes uploads and answers ranges of the pattern, without keeping any.
func emptyS3(p *peak) transport {
	return func(r *http.Request) (*http.Response, error) {
		p.look()
		resp := &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{}, Body: http.NoBody}
		xml := func(s string) { resp.Body = io.NopCloser(strings.NewReader(s)) }
		q := r.URL.Query()
		switch {
		case r.Method == http.MethodHead:
			resp.Header.Set("Content-Length", fmt.Sprint(large))
			resp.Header.Set("ETag", `"e"`)
			resp.ContentLength = large
		case r.Method == http.MethodGet:
			var from, to int64
			if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); err != nil {
				return nil, err
			}
			resp.StatusCode, resp.ContentLength = 206, to-from+1
			resp.Header.Set("Content-Length", fmt.Sprint(to-from+1))
			resp.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, large))
			resp.Body = io.NopCloser(io.LimitReader(&pattern{from}, to-from+1))
		case q.Has("uploads"):
			xml("<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
		case q.Has("partNumber"):
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return nil, err
			}
			resp.Header.Set("ETag", `"p"`)
		case r.Method == http.MethodPost:
			xml("<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
		}
		return resp, nil
	}
}

func TestMemoryStaysFlat(t *testing.T) {
	// As the functions run: with more garbage about, more is in use.
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	conf := aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}
	var p peak
	b := faulty(conf, "bucket", emptyS3(&p))
	o, err := b.Put(t.Context(), "k", io.LimitReader(&pattern{}, large), "")
	if err != nil || o.Size != large {
		t.Fatalf("put %d bytes: %v", o.Size, err)
	}
	if p.most > 200<<20 {
		t.Errorf("an upload of %d MB takes %d MB", large>>20, p.most>>20)
	}
	p = peak{}
	f, err := b.Open(t.Context(), domain.Object{Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	got, want := md5.New(), md5.New()
	if _, err := io.Copy(got, io.NewSectionReader(f, 0, f.Size())); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(want, io.LimitReader(&pattern{}, large)); err != nil {
		t.Fatal(err)
	}
	if hex.EncodeToString(got.Sum(nil)) != hex.EncodeToString(want.Sum(nil)) {
		t.Error("other bytes than the store has")
	}
	if p.most > 200<<20 {
		t.Errorf("reading %d MB takes %d MB", large>>20, p.most>>20)
	}
}
