package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// TestBlobs checks an implementation; new returns an empty bucket that keeps
// versions and whose signed addresses are answered.
func TestBlobs(t *testing.T, new func(t *testing.T) Blobs) {
	for name, test := range map[string]func(*testing.T, Blobs){
		"Put":            blobsPut,
		"PutFails":       blobsPutFails,
		"Sizes":          blobsSizes,
		"Versions":       blobsVersions,
		"Missing":        blobsMissing,
		"Discard":        blobsDiscard,
		"Keys":           blobsKeys,
		"Readers":        blobsReaders,
		"SignGet":        blobsSignGet,
		"SignPost":       blobsSignPost,
		"SignPostLimits": blobsSignPostLimits,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, new(t))
		})
	}
}

// noise is the same bytes for the same size.
func noise(size int) []byte {
	b := make([]byte, size)
	seed := [32]byte{byte(size), byte(size >> 8), byte(size >> 16)}
	rand.NewChaCha8(seed).Read(b)
	return b
}

// drip reads in odd pieces and hides all but Read.
type drip struct{ r io.Reader }

func (d drip) Read(p []byte) (int, error) { return d.r.Read(p[:min(len(p), 7777)]) }

func store(t *testing.T, s Blobs, key string, b []byte) domain.Object {
	t.Helper()
	o, err := s.Put(t.Context(), key, drip{bytes.NewReader(b)}, "text/csv; charset=utf-8")
	must(t, err)
	return o
}

func open(t *testing.T, s Blobs, o domain.Object) File {
	t.Helper()
	f, err := s.Open(t.Context(), o)
	must(t, err)
	return f
}

// holds checks a file's bytes without printing them.
func holds(t *testing.T, what string, f File, want []byte) {
	t.Helper()
	if f.Size() != int64(len(want)) {
		t.Fatalf("%s: size %d, want %d", what, f.Size(), len(want))
	}
	got, err := io.ReadAll(drip{io.NewSectionReader(f, 0, f.Size())})
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Fatalf("%s: other bytes than were put", what)
	}
}

func blobsPut(t *testing.T, s Blobs) {
	o := store(t, s, "a/b.csv", []byte("hello"))
	if o.Key != "a/b.csv" || o.Bucket == "" || o.Version == "" || o.Size != 5 {
		t.Errorf("object is %+v", o)
	}
	b, err := s.Get(t.Context(), "a/b.csv")
	must(t, err)
	if string(b) != "hello" {
		t.Errorf("got %q", b)
	}
	head, modified, err := s.Head(t.Context(), "a/b.csv")
	must(t, err)
	same(t, "head", head, o)
	if modified.IsZero() {
		t.Error("no time of change")
	}
	holds(t, "file", open(t, s, o), []byte("hello"))
}

// One version goes, whichever it is, and the others stay.
func blobsDiscard(t *testing.T, s Blobs) {
	var versions []domain.Object
	for _, text := range []string{"first", "second", "third"} {
		versions = append(versions, store(t, s, "k", []byte(text)))
	}
	gone := func(o domain.Object) {
		t.Helper()
		must(t, s.Discard(t.Context(), o))
		must(t, s.Discard(t.Context(), o))
		if _, err := s.Open(t.Context(), o); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", o.Version, err)
		}
	}
	gone(versions[1])
	holds(t, "the version before", open(t, s, versions[0]), []byte("first"))
	head, _, err := s.Head(t.Context(), "k")
	must(t, err)
	same(t, "the newest", head, versions[2])
	gone(versions[2])
	head, _, err = s.Head(t.Context(), "k")
	must(t, err)
	same(t, "the newest that is left", head, versions[0])
	if err := s.Discard(t.Context(), domain.Object{Key: "k"}); err == nil {
		t.Error("a version that nobody named was deleted")
	}
	gone(versions[0])
	if _, _, err := s.Head(t.Context(), "k"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("all gone: %v", err)
	}
}

func blobsPutFails(t *testing.T, s Blobs) {
	broken := errors.New("broken")
	for _, size := range []int{0, 100, 9 << 20, 21 << 20} {
		r := io.MultiReader(bytes.NewReader(noise(size)), failing{broken})
		if _, err := s.Put(t.Context(), "k", r, ""); !errors.Is(err, broken) {
			t.Errorf("%d bytes: the error is %v, want the reader's", size, err)
		}
		_, err := s.Get(t.Context(), "k")
		refused(t, "half an object", err, fault.NotFound, "notFound")
	}
	store(t, s, "k", []byte("whole"))
	if _, err := s.Put(t.Context(), "k", failing{broken}, ""); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	b, err := s.Get(t.Context(), "k")
	must(t, err)
	if string(b) != "whole" {
		t.Errorf("got %q", b)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func blobsSizes(t *testing.T, s Blobs) {
	const mb = 1 << 20
	for _, size := range []int{0, 1, 8*mb - 1, 8 * mb, 8*mb + 1, 16 * mb, 20*mb + 12345} {
		want := noise(size)
		o := store(t, s, fmt.Sprint(size), want)
		if o.Size != int64(size) {
			t.Errorf("put says %d bytes of %d", o.Size, size)
		}
		f := open(t, s, o)
		holds(t, fmt.Sprintf("%d bytes", size), f, want)
		b, err := s.Get(t.Context(), fmt.Sprint(size))
		must(t, err)
		if !bytes.Equal(b, want) {
			t.Errorf("Get gives other bytes of %d", size)
		}
		// At the end and after it.
		p := make([]byte, 10)
		for _, off := range []int64{int64(size), int64(size) + 1, int64(size) + 100*mb} {
			if n, err := f.ReadAt(p, off); n != 0 || err != io.EOF {
				t.Errorf("read at %d of %d: %d, %v", off, size, n, err)
			}
		}
		if n, err := f.ReadAt(p[:0], 0); n != 0 || err != nil && err != io.EOF {
			t.Errorf("read nothing: %d, %v", n, err)
		}
		if _, err := f.ReadAt(p, -1); err == nil {
			t.Error("read before the start")
		}
		if size < 100 {
			continue
		}
		if n, err := f.ReadAt(p, int64(size)-4); n != 4 || err != io.EOF || !bytes.Equal(p[:4], want[size-4:]) {
			t.Errorf("read over the end: %d, %v", n, err)
		}
		big := make([]byte, 5*mb)
		for _, off := range []int{size - 5*mb, 0, 3, size / 2, 4 * mb, 7 * mb} {
			n, err := f.ReadAt(big, int64(off))
			if n != min(len(big), size-off) || n < len(big) && err != io.EOF || !bytes.Equal(big[:n], want[off:off+n]) {
				t.Errorf("%d bytes at %d: %d, %v", len(big), off, n, err)
			}
		}
	}
}

func blobsVersions(t *testing.T, s Blobs) {
	one, two := noise(9<<20), noise(9<<20+1)
	first := store(t, s, "k", one)
	newest := open(t, s, domain.Object{Key: "k"})
	second := store(t, s, "k", two)
	if first.Version == second.Version {
		t.Fatalf("both versions are %q", first.Version)
	}
	holds(t, "opened before it was replaced", newest, one)
	holds(t, "the first", open(t, s, first), one)
	holds(t, "the second", open(t, s, second), two)
	holds(t, "the newest", open(t, s, domain.Object{Key: "k"}), two)
	head, _, err := s.Head(t.Context(), "k")
	must(t, err)
	same(t, "head", head, second)
}

func blobsMissing(t *testing.T, s Blobs) {
	o := store(t, s, "k", []byte("x"))
	_, err := s.Get(t.Context(), "none")
	refused(t, "get", err, fault.NotFound, "notFound")
	_, _, err = s.Head(t.Context(), "none")
	refused(t, "head", err, fault.NotFound, "notFound")
	for _, o := range []domain.Object{{Key: "none"}, {Key: "none", Version: o.Version}, {Key: "k", Version: "no-such-version"}} {
		_, err = s.Open(t.Context(), o)
		refused(t, fmt.Sprintf("open %+v", o), err, fault.NotFound, "notFound")
	}
}

func blobsKeys(t *testing.T, s Blobs) {
	for _, key := range []string{"inbox/opera/criteria/update/Größen 2026 + 100% (a&b)=?.csv", "a b", "ü/日本.csv", "x+y", "100%25"} {
		o := store(t, s, key, []byte(key))
		holds(t, key, open(t, s, o), []byte(key))
		b, err := s.Get(t.Context(), key)
		must(t, err)
		if string(b) != key {
			t.Errorf("%s holds %q", key, b)
		}
		url, err := s.SignGet(t.Context(), o, "x.csv", time.Minute)
		must(t, err)
		if status, body, _ := fetch(t, url); status != http.StatusOK || body != key {
			t.Errorf("%s: %d %q", key, status, body)
		}
	}
}

func blobsReaders(t *testing.T, s Blobs) {
	want := noise(35 << 20)
	f := open(t, s, store(t, s, "k", want))
	together(6, func(i int) {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		p := make([]byte, 300_000)
		for range 12 {
			off := r.IntN(len(want) - len(p))
			if n, err := f.ReadAt(p, int64(off)); n != len(p) || err != nil || !bytes.Equal(p, want[off:off+n]) {
				t.Errorf("read at %d: %d, %v", off, n, err)
			}
		}
	})
}

func fetch(t *testing.T, address string) (status int, body string, header http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(b), resp.Header
}

func blobsSignGet(t *testing.T, s Blobs) {
	first := store(t, s, "k.csv", []byte("first"))
	store(t, s, "k.csv", []byte("second"))
	for _, name := range []string{"rollbook-criteria.csv", "Größen \"2026\"; 100%.csv", "日本 a+b.zip", `..\..\x/y.csv`} {
		address, err := s.SignGet(t.Context(), first, name, time.Minute)
		must(t, err)
		if status, body, _ := fetch(t, address); status != http.StatusOK || body != "first" {
			t.Errorf("the version: %d %q", status, body)
		}
		address, err = s.SignGet(t.Context(), domain.Object{Key: "k.csv"}, name, time.Minute)
		must(t, err)
		status, body, header := fetch(t, address)
		if status != http.StatusOK || body != "second" {
			t.Errorf("the newest: %d %q", status, body)
		}
		if cache := header.Get("Cache-Control"); cache != "no-store" {
			t.Errorf("Cache-Control %q: a browser keeps the contacts", cache)
		}
		kind, params, err := mime.ParseMediaType(header.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || params["filename"] != name {
			t.Errorf("Content-Disposition %q names %q, want %q (%v)", header.Get("Content-Disposition"), params["filename"], name, err)
		}
	}
	address, err := s.SignGet(t.Context(), domain.Object{Key: "k.csv"}, "x", time.Minute)
	must(t, err)
	// Nothing else is answered with the signature.
	store(t, s, "other.csv", []byte("secret"))
	u, err := url.Parse(address)
	must(t, err)
	u.Path = strings.Replace(u.Path, "k.csv", "other.csv", 1)
	if status, body, _ := fetch(t, u.String()); status != http.StatusForbidden {
		t.Errorf("another key with the signature: %d %q", status, body)
	}
}

// upload posts a form as a browser does.
func upload(t *testing.T, address string, fields map[string]string, body []byte) int {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range fields {
		must(t, m.WriteField(k, v))
	}
	w, err := m.CreateFormFile("file", "Größen.csv")
	must(t, err)
	_, err = w.Write(body)
	must(t, err)
	must(t, m.Close())
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, address, &b)
	must(t, err)
	r.Header.Set("Content-Type", m.FormDataContentType())
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	must(t, err)
	return resp.StatusCode
}

func blobsSignPost(t *testing.T, s Blobs) {
	address, fields, err := s.SignPost(t.Context(), "uploads/opera/i1", 1000, time.Minute)
	must(t, err)
	if fields["key"] != "uploads/opera/i1" {
		t.Errorf("the form's key is %q", fields["key"])
	}
	for _, size := range []int{0, 1, 1000} {
		want := noise(size)
		if status := upload(t, address, fields, want); status/100 != 2 {
			t.Fatalf("%d bytes: status %d", size, status)
		}
		b, err := s.Get(t.Context(), "uploads/opera/i1")
		must(t, err)
		if !bytes.Equal(b, want) {
			t.Errorf("%d bytes became others", size)
		}
	}
}

func blobsSignPostLimits(t *testing.T, s Blobs) {
	address, fields, err := s.SignPost(t.Context(), "uploads/opera/i1", 1000, time.Minute)
	must(t, err)
	with := func(key, value string) map[string]string {
		out := map[string]string{}
		for k, v := range fields {
			out[k] = v
		}
		out[key] = value
		return out
	}
	other, otherFields, err := s.SignPost(t.Context(), "uploads/opera/i2", 5000, time.Minute)
	must(t, err)
	if other != address {
		t.Errorf("addresses %q and %q of one bucket", address, other)
	}
	for name, test := range map[string]struct {
		fields map[string]string
		size   int
		status []int
	}{
		"too large":      {fields, 1001, []int{400, 413}},
		"another key":    {with("key", "uploads/opera/i2"), 10, []int{403}},
		"key below":      {with("key", "uploads/opera/i1/x"), 10, []int{403}},
		"another policy": {with("policy", otherFields["policy"]), 10, []int{403}},
	} {
		if status := upload(t, address, test.fields, noise(test.size)); !slices.Contains(test.status, status) {
			t.Errorf("%s: status %d", name, status)
		}
	}
	for _, key := range []string{"uploads/opera/i1", "uploads/opera/i2", "uploads/opera/i1/x"} {
		_, err := s.Get(t.Context(), key)
		refused(t, key, err, fault.NotFound, "notFound")
	}
}
