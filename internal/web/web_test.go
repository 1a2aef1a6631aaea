package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"rollbook/internal/web"
)

func get(t *testing.T, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	web.Assets().ServeHTTP(w, r)
	return w.Result()
}

func TestTheBundleIsThatOfTheSources(t *testing.T) {
	h := sha256.New()
	for _, dir := range []string{"src", "../../docs/guide"} {
		tree := os.DirFS(dir)
		err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(tree, path)
			fmt.Fprintf(h, "%s %d\n", path, len(b))
			h.Write(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	made, err := os.ReadFile("dist/sources.sha256")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)) + "\n"; got != string(made) {
		t.Error("the bundle in dist was made from other sources than those in src and docs/guide: run go generate ./internal/web")
	}
}

func TestPage(t *testing.T) {
	a := get(t, "/")
	body, _ := io.ReadAll(a.Body)
	for name, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if bytes.Contains(body, []byte("<style")) || regexp.MustCompile(`<script[^>]*>[^<]`).Match(body) || regexp.MustCompile(`\son\w+=`).Match(body) {
		t.Error("the page has inline script or style")
	}
	if regexp.MustCompile(`(src|href)="(https?:)?//`).Match(body) {
		t.Error("the page names another origin")
	}
	again := get(t, "/", "If-None-Match: "+a.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("the same page again: %s", again.Status)
	}
}

// linked are the files that the page names: what the first view needs.
func linked(t *testing.T) []string {
	t.Helper()
	body, err := io.ReadAll(get(t, "/").Body)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllSubmatch(body, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

func TestFiles(t *testing.T) {
	for _, path := range linked(t) {
		plain := get(t, path)
		want, _ := io.ReadAll(plain.Body)
		if plain.StatusCode != http.StatusOK || len(want) == 0 || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %s", path, plain.Status)
		}
		if strings.HasPrefix(path, "/assets/") && plain.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s may be kept for %s", path, plain.Header.Get("Cache-Control"))
		}
		packed := get(t, path, "Accept-Encoding: gzip, deflate")
		if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s is not packed: %v", path, packed.Header)
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is something else when packed", path)
		}
		if a := get(t, path, "Accept-Encoding: gzip, br"); a.Header.Get("Content-Encoding") != "br" || a.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Errorf("%s: %v", path, a.Header)
		}
		if a := get(t, path, "Accept-Encoding: br;q=0, gzip;q=0.5"); a.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %v", path, a.Header)
		}
	}
	for _, path := range []string{"/nothing", "/assets/", "/assets/../web.go", "/index.html", "/sources.sha256"} {
		if a := get(t, path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	w := httptest.NewRecorder()
	web.Assets().ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", w.Code)
	}
}

// maxFirstView is the most that a first visit fetches, in bytes as they travel.
const maxFirstView = 60 << 10

func TestFirstViewIsSmall(t *testing.T) {
	size := func(path string) int {
		b, _ := io.ReadAll(get(t, path, "Accept-Encoding: gzip").Body)
		return len(b)
	}
	sum := size("/")
	for _, path := range linked(t) {
		sum += size(path)
	}
	words := 0 // one language, the longest, though its guide comes later
	files, err := fs.Glob(os.DirFS("dist"), "assets/??-*.js.gz")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	byLanguage := map[string]int{}
	for _, f := range files {
		byLanguage[f[len("assets/"):len("assets/")+2]] += size("/" + strings.TrimSuffix(f, ".gz"))
	}
	for _, n := range byLanguage {
		words = max(words, n)
	}
	t.Logf("first view: %d bytes and %d of words", sum, words)
	if sum+words > maxFirstView {
		t.Errorf("the first view is %d bytes, more than %d", sum+words, maxFirstView)
	}
}
