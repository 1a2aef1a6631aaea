package memory

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Blobs is one versioned bucket. It is an http.Handler that answers the
// addresses it signs, once URL says where it is served.
type Blobs struct {
	// URL is where ServeHTTP is reached; "memory:" unless set.
	URL string

	name   string
	secret []byte
	now    func() time.Time
	mu     sync.RWMutex
	of     map[string][]blob // versions by key, newest last
}

type blob struct {
	data        []byte
	contentType string
	modified    time.Time
	gone        bool
}

// NewBlobs returns an empty bucket of the name. By now's clock it dates what is put
// there and ends the addresses that it signs.
func NewBlobs(name string, now func() time.Time) *Blobs {
	secret := make([]byte, 32)
	rand.Read(secret)
	return &Blobs{URL: "memory:", name: name, now: now, secret: secret, of: map[string][]blob{}}
}

// Put keeps what r gives, as a new version.
func (s *Blobs) Put(_ context.Context, key string, r io.Reader, contentType string) (domain.Object, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return domain.Object{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[key] = append(s.of[key], blob{data: data, contentType: contentType, modified: s.now()})
	return s.object(key, len(s.of[key])), nil
}

// Remove forgets all versions of the key, as a bucket's expiry does.
func (s *Blobs) Remove(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.of, key)
}

// Discard deletes the object's version for good; one that is gone is no error.
func (s *Blobs) Discard(_ context.Context, o domain.Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.Version == "" {
		return errors.New("the newest version is not to be deleted unseen")
	}
	var n int
	versions := s.of[o.Key]
	if _, err := fmt.Sscanf(o.Version, "v%d", &n); err == nil && n >= 1 && n <= len(versions) {
		versions[n-1].gone = true
	}
	return nil
}

// Keys returns the keys there are, in no order.
func (s *Blobs) Keys() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []string
	for k := range s.of {
		if s.newest(k) > 0 {
			out = append(out, k)
		}
	}
	return out
}

// Open returns the object's version, "" for the newest.
func (s *Blobs) Open(_ context.Context, o domain.Object) (domain.File, error) {
	b, err := s.version(o)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(b.data), nil
}

// Get reads a whole object.
func (s *Blobs) Get(_ context.Context, key string) ([]byte, error) {
	b, err := s.version(domain.Object{Key: key})
	return bytes.Clone(b.data), err
}

// Head returns the newest version's facts.
func (s *Blobs) Head(_ context.Context, key string) (domain.Object, time.Time, error) {
	b, err := s.version(domain.Object{Key: key})
	if err != nil {
		return domain.Object{}, time.Time{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.object(key, s.newest(key)), b.modified, nil
}

// SignGet returns an address that answers the object under the file name.
func (s *Blobs) SignGet(_ context.Context, o domain.Object, fileName string, for_ time.Duration) (string, error) {
	q := url.Values{"version": {o.Version}, "name": {fileName}, "until": {strconv.FormatInt(s.now().Add(for_).Unix(), 10)}}
	q.Set("signature", s.sign(o.Key+"?"+q.Encode()))
	return s.URL + "/" + url.PathEscape(o.Key) + "?" + q.Encode(), nil
}

type policy struct {
	Key      string
	MaxBytes int64
	Until    int64
}

// SignPost returns address and form fields for one upload.
func (s *Blobs) SignPost(_ context.Context, key string, maxBytes int64, for_ time.Duration) (string, map[string]string, error) {
	b, err := json.Marshal(policy{key, maxBytes, s.now().Add(for_).Unix()})
	if err != nil {
		return "", nil, err
	}
	p := base64.StdEncoding.EncodeToString(b)
	return s.URL + "/", map[string]string{"key": key, "policy": p, "signature": s.sign(p)}, nil
}

// ServeHTTP answers signed addresses: GET an object, POST an upload form.
func (s *Blobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		s.serve(w, r)
	case http.MethodPost:
		s.upload(w, r)
	default:
		http.Error(w, "method", http.StatusMethodNotAllowed)
	}
}

func (s *Blobs) serve(w http.ResponseWriter, r *http.Request) {
	key, q := r.URL.Path[1:], r.URL.Query()
	signature := q.Get("signature")
	q.Del("signature")
	until, _ := strconv.ParseInt(q.Get("until"), 10, 64)
	if !hmac.Equal([]byte(signature), []byte(s.sign(key+"?"+q.Encode()))) || s.now().Unix() >= until {
		http.Error(w, "AccessDenied", http.StatusForbidden)
		return
	}
	b, err := s.version(domain.Object{Key: key, Version: q.Get("version")})
	if err != nil {
		http.Error(w, "NoSuchKey", http.StatusNotFound)
		return
	}
	if b.contentType != "" {
		w.Header().Set("Content-Type", b.contentType)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": q.Get("name")}))
	w.Write(b.data)
}

func (s *Blobs) upload(w http.ResponseWriter, r *http.Request) {
	m, err := r.MultipartReader()
	if err != nil {
		http.Error(w, "MalformedPOSTRequest", http.StatusBadRequest)
		return
	}
	fields := map[string]string{}
	for {
		part, err := m.NextPart()
		if err != nil {
			http.Error(w, "no file", http.StatusBadRequest)
			return
		}
		if part.FormName() != "file" {
			b, _ := io.ReadAll(io.LimitReader(part, 64<<10))
			fields[part.FormName()] = string(b)
			continue
		}
		var p policy
		b, _ := base64.StdEncoding.DecodeString(fields["policy"])
		if !hmac.Equal([]byte(fields["signature"]), []byte(s.sign(fields["policy"]))) || json.Unmarshal(b, &p) != nil ||
			p.Key != fields["key"] || s.now().Unix() >= p.Until {
			http.Error(w, "AccessDenied", http.StatusForbidden)
			return
		}
		data, err := io.ReadAll(io.LimitReader(part, p.MaxBytes+1))
		if err != nil || int64(len(data)) > p.MaxBytes {
			http.Error(w, "EntityTooLarge", http.StatusBadRequest)
			return
		}
		if _, err := s.Put(r.Context(), p.Key, bytes.NewReader(data), part.Header.Get("Content-Type")); err != nil {
			http.Error(w, "InternalError", http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
}

func (s *Blobs) sign(text string) string {
	h := hmac.New(sha256.New, s.secret)
	io.WriteString(h, text)
	return hex.EncodeToString(h.Sum(nil))
}

func (s *Blobs) version(o domain.Object) (blob, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	versions := s.of[o.Key]
	n := s.newest(o.Key)
	if o.Version != "" {
		if _, err := fmt.Sscanf(o.Version, "v%d", &n); err != nil {
			return blob{}, fault.Missing()
		}
	}
	if n < 1 || n > len(versions) || versions[n-1].gone {
		return blob{}, fault.Missing()
	}
	return versions[n-1], nil
}

// newest is the number of the newest version, 0 if there is none. It needs the lock.
func (s *Blobs) newest(key string) int {
	n := len(s.of[key])
	for n > 0 && s.of[key][n-1].gone {
		n--
	}
	return n
}

// object needs the lock.
func (s *Blobs) object(key string, version int) domain.Object {
	return domain.Object{Bucket: s.name, Key: key, Version: "v" + strconv.Itoa(version), Size: int64(len(s.of[key][version-1].data))}
}
