package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Conditional is what a PUT and a DELETE take so that they undo nobody's work.
type Conditional struct {
	IfMatch string `header:"If-Match" maxLength:"1000" doc:"The ETag of the thing as you read it: it is written only if nothing changed since, else the answer is 412 changedSince. An asterisk stands for anything that exists."`
}

// tag is an entity tag: the same exactly if what is shown is.
func tag(shown any) string {
	b, err := json.Marshal(shown)
	if err != nil {
		panic(err) // it is shown as JSON
	}
	h := sha256.Sum256(b)
	return `"` + hex.EncodeToString(h[:12]) + `"`
}

// check refuses a write of what changed since it was read. exists tells whether
// there is something, and now is how it is shown today.
func (c Conditional) check(exists bool, now any) error {
	if !exists {
		return c.checkTag("")
	}
	return c.checkTag(tag(now))
}

// checkTag does so by the tag of what there is, "" for nothing.
func (c Conditional) checkTag(tag string) error {
	if c.IfMatch == "" || tag != "" && c.matches(tag) {
		return nil
	}
	return newProblem(http.StatusPreconditionFailed)
}

func (c Conditional) matches(tag string) bool { return tagIn(c.IfMatch, tag) }

// tagIn reports whether a header of conditions has the tag, or an asterisk.
func tagIn(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || t == tag {
			return true
		}
	}
	return false
}

// reread describes that whoever has an answer with a tag may ask whether there would
// be the same again.
func reread(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
		Description: "The ETag of an answer that you have: while there would be the same again, the answer is 304 without a body."})
	op.Responses = map[string]*huma.Response{"304": {Description: "The same as you have.",
		Headers: map[string]*huma.Param{"ETag": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
}

type hasKey struct{}

// having keeps in the context what tags the request has answers of.
func having(r *http.Request) *http.Request {
	tags := r.Header.Get("If-None-Match")
	if tags == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return r
	}
	// A proxy that compressed the answer has made its tag a weak one.
	return r.WithContext(context.WithValue(r.Context(), hasKey{}, strings.ReplaceAll(tags, "W/", "")))
}

// has reports whether whoever asks has the answer with the tag. What is answered
// then with the tag is 304, whatever its body would be.
func has(ctx context.Context, tag string) bool {
	tags, _ := ctx.Value(hasKey{}).(string)
	return tags != "" && tag != "" && tagIn(tags, tag)
}

// unchanged answers 304 in place of what the request has.
type unchanged struct {
	http.ResponseWriter
	ctx  context.Context
	drop bool
}

func (w *unchanged) WriteHeader(status int) {
	if h := w.Header(); status == http.StatusOK && has(w.ctx, h.Get("ETag")) {
		h.Del("Content-Type")
		h.Del("Content-Length")
		status, w.drop = http.StatusNotModified, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write never fails: whoever asked may be gone, and then there is nobody to tell.
func (w *unchanged) Write(b []byte) (int, error) {
	if !w.drop {
		_, _ = w.ResponseWriter.Write(b)
	}
	return len(b), nil
}
