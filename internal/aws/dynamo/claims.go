package dynamo

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/text"
)

// claims say which number an identity is made under, so that imports which race
// for one person make it once.
type claims struct{ table }

// claimLife is how long a claim protects its identity, and how long the numbers
// of lines are remembered: longer than any import runs or waits to be run again.
const claimLife = 30 * 24 * time.Hour

// identity folds an identity that is an e-mail address.
func identity(id string) string {
	if email := domain.IdentityEmail(id); email != "" {
		return domain.EmailIdentity + text.NormaliseEmail(email)
	}
	return id
}

// has tells whether the contact still is who the identity says. Where it does not
// show, the claim's word is taken.
func has(c domain.Contact, id string) bool {
	is, _ := domain.HasIdentity(c, id)
	return is
}

// shows is has of an identity that shows in a contact.
func shows(c domain.Contact, id string) bool {
	is, checked := domain.HasIdentity(c, id)
	return is && checked
}

// Claims lie in partitions of their own. Those of before had the identity in their
// keys; nobody reads them, and they end by themselves.
const (
	claimKind      = "#claim#"
	plainClaimKind = "#c#"
)

// claimItem is the key of the claim of an identity.
func (s *secret) claimItem(id string) item {
	return keys(string(s.in)+claimKind+s.hidden("claim", id), "claim")
}

// claimsOf returns the keys of the claims that may be the contact's, as far as
// they show in a contact.
func (s *secret) claimsOf(c domain.Contact) map[string]bool {
	of := map[string]bool{}
	if c.Email() != "" {
		of[stringOf(s.claimItem(identity(domain.EmailIdentity + c.Email()))["pk"])] = true
	}
	for f, v := range c.Fields {
		of[stringOf(s.claimItem(domain.ValueIdentity(f, v))["pk"])] = true
	}
	return of
}

// takeOver makes the identity's claim name the number to instead of from, and
// reports whether it does now.
func (s claims) takeOver(ctx context.Context, sec *secret, id string, from, to domain.ContactNumber) (done bool, err error) {
	_, done, err = s.update(ctx, dynamodb.UpdateItemInput{Key: sec.claimItem(id),
		UpdateExpression: aws.String("SET #n = :to, #ttl = :ttl"), ConditionExpression: aws.String("#n = :from OR #n = :to"),
		ExpressionAttributeNames:  map[string]string{"#n": "n", "#ttl": "ttl"},
		ExpressionAttributeValues: item{":from": str(string(from)), ":to": str(string(to)), ":ttl": num(s.Now().Add(claimLife).Unix())}})
	return done, err
}

// giveUp gives up the claim of a contact's address, if it has one.
func (s claims) giveUp(ctx context.Context, sec *secret, c domain.Contact) error {
	if c.Origin.Import == "" || c.Email() == "" {
		return nil
	}
	return s.remove(ctx, sec.claimItem(identity(domain.EmailIdentity+c.Email())), "#n = :n",
		map[string]string{"#n": "n"}, item{":n": str(string(c.Number))})
}

// giveUpAll gives up the claims of the contacts' addresses, 25 in a request.
func (s claims) giveUpAll(ctx context.Context, sec *secret, rs []*removal) error {
	var all []statement
	seen := map[string]bool{}
	for _, r := range rs {
		if r.c.Email() == "" {
			continue
		}
		key := sec.claimItem(identity(domain.EmailIdentity + r.c.Email()))
		if seen[stringOf(key["pk"])] { // a key twice in a request is refused
			if err := s.giveUp(ctx, sec, r.c); err != nil {
				return err
			}
			continue
		}
		seen[stringOf(key["pk"])] = true
		all = append(all, statement{at: r.at, st: types.BatchStatementRequest{
			Statement:  aws.String(`DELETE FROM "` + s.name + `" WHERE "pk"=? AND "sk"=? AND "n"=?`),
			Parameters: []types.AttributeValue{key["pk"], key["sk"], str(string(r.c.Number))}}})
	}
	var mu sync.Mutex
	var failure error
	if err := s.execute(ctx, all, func(_ int, a answer) {
		if !a.condition() && a.fault() != nil {
			mu.Lock()
			defer mu.Unlock()
			failure = a.fault()
		}
	}); err != nil {
		return err
	}
	return failure
}
