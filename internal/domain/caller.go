package domain

import "context"

type bindingKey struct{}

// Unbound returns a context of work of which nobody knows yet for which institution it
// is done. Bind says so later, to all contexts that come of it.
func Unbound(ctx context.Context) context.Context {
	return context.WithValue(ctx, bindingKey{}, new(InstitutionID))
}

// Bind says for which institution a context's work is done. It must come before the
// work; what is bound stays bound. Without Unbound it does nothing.
func Bind(ctx context.Context, in InstitutionID) {
	if bound, ok := ctx.Value(bindingKey{}).(*InstitutionID); ok && *bound == "" {
		*bound = in
	}
}

// BoundTo returns the institution for which a context's work is done, "" if nobody
// has said.
func BoundTo(ctx context.Context) InstitutionID {
	if bound, ok := ctx.Value(bindingKey{}).(*InstitutionID); ok {
		return *bound
	}
	return ""
}
