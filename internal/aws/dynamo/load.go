package dynamo

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
)

// Load stores contacts and their look-ups without reading, 25 items in a
// request. It is for institutions that nobody uses yet: changes are asked for from
// then on.
func (s *Contacts) Load(ctx context.Context, in domain.InstitutionID, cs iter.Seq[domain.Contact]) error {
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(2))
	batch, of := 0, map[string][]types.WriteRequest{}
	seen := map[domain.ContactNumber]bool{} // in this batch: a key twice in a request is refused
	flush := func() {
		b := of
		batch, of, seen = 0, map[string][]types.WriteRequest{}, map[domain.ContactNumber]bool{}
		g.Go(func() error { return s.writeBatch(gctx, b) })
	}
	for c := range cs {
		if gctx.Err() != nil {
			break
		}
		c.Version = max(c.Version, 1)
		it, err := contactItem(in, c)
		if err != nil {
			g.Go(func() error { return err })
			break
		}
		look := sec.lookups(c)
		if batch+1+len(look) > 25 || seen[c.Number] {
			flush()
		}
		batch, seen[c.Number] = batch+1+len(look), true
		of[s.people.name] = append(of[s.people.name], putRequest(it))
		for _, l := range look {
			of[s.lookups.name] = append(of[s.lookups.name], putRequest(l.item()))
		}
	}
	if batch > 0 {
		flush()
	}
	if err := g.Wait(); err != nil {
		return awsfault.Of(err)
	}
	if s.changes.name != "" {
		if _, err := s.changes.begin(ctx, in, s.Now().Add(-domain.ChangeMargin)); err != nil {
			return err
		}
	}
	return awsfault.Of(ctx.Err())
}
