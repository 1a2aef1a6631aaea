// Package web is the Import screen: a single page that talks to the HTTP API
// and to nothing else. Its sources are in src; the bundle made of them is
// embedded, so that nothing has to be built or fetched to run it.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:generate go test -run TestTables -update .
//go:generate go -C ../tools run ./bundle -src ../web/src -guide ../../docs/guide -out ../web/dist

//go:embed dist
var dist embed.FS

// Assets serves the page at / and its files below /assets/. Everything else is
// a plain 404. The page itself is asked for again each time; its files are named by
// their content and may be kept for a year. What the page may load, and where it may
// send, is said by whoever serves it: it has no inline script or style and no eval.
func Assets() http.Handler {
	files := map[string]file{}
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".br" || path.Ext(name) == ".sha256" {
			return err
		}
		name = strings.TrimSuffix(name, ".gz")
		at := strings.TrimPrefix(name, "dist")
		if at == "/index.html" {
			at = "/"
		}
		files[at], err = read(name)
		return err
	})
	if err != nil {
		panic("web: the embedded bundle cannot be read: " + err.Error())
	}
	return assets(files)
}

// file is one embedded file: packed in two ways, and unpacked when somebody takes
// neither, or as it is where packing makes it no smaller.
type file struct {
	contentType string
	etag        string
	packed      map[string][]byte // "gzip", "br"
	plain       func() []byte
}

func read(name string) (file, error) {
	f := file{contentType: mime.TypeByExtension(path.Ext(name)), packed: map[string][]byte{}}
	switch path.Ext(name) { // not what the machine happens to be set up with
	case ".html":
		f.contentType = "text/html; charset=utf-8"
	case ".js":
		f.contentType = "text/javascript; charset=utf-8"
	case ".css":
		f.contentType = "text/css; charset=utf-8"
	case ".svg":
		f.contentType = "image/svg+xml"
	case ".png":
		f.contentType = "image/png"
	}
	stored, err := dist.ReadFile(name)
	f.plain = func() []byte { return stored }
	if errors.Is(err, fs.ErrNotExist) {
		for encoding, suffix := range map[string]string{"gzip": ".gz", "br": ".br"} {
			if f.packed[encoding], err = dist.ReadFile(name + suffix); err != nil {
				return file{}, err
			}
		}
		stored = f.packed["gzip"]
		f.plain = sync.OnceValue(func() []byte { return unpacked(stored) })
	}
	if err != nil {
		return file{}, err
	}
	sum := sha256.Sum256(stored)
	f.etag = hex.EncodeToString(sum[:8])
	return f, nil
}

// unpacked is what was packed with gzip when the bundle was made.
func unpacked(b []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err == nil {
		b, err = io.ReadAll(r)
	}
	if err != nil {
		panic("web: the embedded bundle cannot be unpacked: " + err.Error())
	}
	return b
}

// assets are the files by their addresses.
type assets map[string]file

func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	f, ok := a[r.URL.Path]
	if !ok {
		h.Set("Cache-Control", "no-store")
		http.Error(w, "There is nothing at this address.", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "This can only be read.", http.StatusMethodNotAllowed)
		return
	}
	encoding := accepted(r.Header.Get("Accept-Encoding"))
	if f.packed[encoding] == nil {
		encoding = ""
	}
	etag := `"` + f.etag + `"`
	if encoding != "" {
		etag = `"` + f.etag + "-" + encoding + `"`
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", etag)
	h.Set("Content-Type", f.contentType)
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if r.Header.Get("If-None-Match") == etag {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.packed[encoding]
	if encoding == "" {
		body = f.plain()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body)
	}
}

// accepted is the best encoding we have that the client takes.
func accepted(header string) string {
	takes := map[string]bool{}
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		q = strings.ReplaceAll(q, " ", "")
		takes[strings.ToLower(strings.TrimSpace(name))] = !strings.HasPrefix(q, "q=0") || strings.Trim(q, "q=0.") != ""
	}
	for _, e := range []string{"br", "gzip"} {
		if takes[e] {
			return e
		}
	}
	return ""
}
