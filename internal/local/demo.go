package local

import (
	"context"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/local/demo"
)

// Demo returns a Seed that fills the two demo institutions: aurora with n
// contacts, borealis with a tenth of that.
func Demo(n int) func(context.Context, *Stack) error {
	return func(ctx context.Context, s *Stack) error {
		db := dynamo.Open(s.Config())
		contacts := dynamo.NewContacts(db, s.Tables.Contacts, s.Tables.Emails, s.Tables.History, s.Tables.Catalogue)
		catalogue := dynamo.NewCatalogue(db, s.Tables.Catalogue)
		if err := demo.Seed(ctx, contacts, catalogue, demo.Aurora, n); err != nil {
			return err
		}
		return demo.Seed(ctx, contacts, catalogue, demo.Borealis, (n+9)/10)
	}
}
