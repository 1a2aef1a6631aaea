package lambdaruntime

import (
	"context"
	"log/slog"
)

// Attributed is an input that says what it is about: institution, import, chunk.
// Every line that a step logs while it works on the input carries them.
type Attributed interface {
	LogAttributes() []slog.Attr
}

type attributesKey struct{}

// With adds attributes to every line that is logged with the context.
func With(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, attributesKey{}, append(attributesOf(ctx), attrs...))
}

func attributesOf(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(attributesKey{}).([]slog.Attr)
	return attrs[:len(attrs):len(attrs)]
}

// contextHandler adds the attributes of a line's context, except for those that
// the line has itself.
type contextHandler struct{ slog.Handler }

func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	own := map[string]bool{}
	r.Attrs(func(a slog.Attr) bool {
		own[a.Key] = true
		return true
	})
	for _, a := range attributesOf(ctx) {
		if !own[a.Key] {
			r.AddAttrs(a)
		}
	}
	return h.Handler.Handle(ctx, r)
}

func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}
