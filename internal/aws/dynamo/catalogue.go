package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

// Catalogue keeps definitions, settings and targets: pk is the institution, sk
// is settings, field#CODE (criteria and authorisations share the codes) or
// target#ID.
type Catalogue struct {
	// Wait replaces the waits between attempts.
	Wait Wait

	client *dynamodb.Client
	table  string
}

// NewCatalogue returns the store in the table with the name.
func NewCatalogue(client *dynamodb.Client, table string) *Catalogue {
	return &Catalogue{Wait: backoff, client: client, table: table}
}

const (
	settingsKey = "settings"
	fieldKey    = "field#"
	targetKey   = "target#"
)

// Catalogue returns all definitions and settings, by one query.
func (s *Catalogue) Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error) {
	c, known, err := s.read(ctx, in)
	if err == nil && !known {
		return nil, fault.Missing()
	}
	return c, err
}

// read returns the catalogue and whether there are settings.
func (s *Catalogue) read(ctx context.Context, in domain.InstitutionID) (c *domain.Catalogue, known bool, err error) {
	c = &domain.Catalogue{}
	// settings and field#… sort before target#…
	err = s.query(ctx, "pk = :pk AND sk < :sk", item{":pk": str(string(in)), ":sk": str(targetKey)}, func(it item) error {
		if stringOf(it["sk"]) == settingsKey {
			known = true
			return unmarshal(it, &c.Settings)
		}
		d, err := readField(it)
		c.Fields = append(c.Fields, d)
		return err
	})
	return c, known, err
}

func readField(it item) (d domain.FieldDef, err error) {
	err = unmarshal(it, &d)
	d.Version = int(number(it["v"]))
	if b, ok := it["used"].(*types.AttributeValueMemberBOOL); ok {
		d.Used = b.Value
	}
	if ss, ok := it["usedValues"].(*types.AttributeValueMemberSS); ok {
		d.UsedValues = slices.Sorted(slices.Values(ss.Value))
	}
	return d, err
}

// PutSettings replaces the settings.
func (s *Catalogue) PutSettings(ctx context.Context, in domain.InstitutionID, st domain.Settings) error {
	doc, err := marshal(st)
	if err != nil {
		return err
	}
	it := keys(string(in), settingsKey)
	it["doc"] = doc
	return s.Wait.retrying(ctx, func() error {
		_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: it})
		return err
	})
}

// PutField creates or replaces a definition; what was used stays remembered.
func (s *Catalogue) PutField(ctx context.Context, in domain.InstitutionID, d domain.FieldDef) error {
	version := d.Version
	room, _ := d.Field().Split()
	d.Used, d.UsedValues, d.Version = false, nil, 0
	doc, err := marshal(d)
	if err != nil {
		return err
	}
	u := &types.Update{TableName: &s.table, Key: keys(string(in), fieldKey+d.Code),
		UpdateExpression:          aws.String("SET #doc = :doc, #room = :room, #v = :next"),
		ConditionExpression:       aws.String("attribute_not_exists(pk)"),
		ExpressionAttributeNames:  map[string]string{"#doc": "doc", "#room": "room", "#v": "v"},
		ExpressionAttributeValues: item{":doc": doc, ":room": str(room), ":next": num(int64(version) + 1)},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	if version != 0 {
		u.ConditionExpression = aws.String("#v = :v AND #room = :room")
		u.ExpressionAttributeValues[":v"] = num(int64(version))
	}
	err = s.Wait.transact(ctx, s.client, types.TransactWriteItem{Update: u})
	if raced, ok := errors.AsType[errRaced](err); ok {
		stored, _ := raced.failed(0)
		if stored != nil && stringOf(stored["room"]) != room {
			return fault.New(fault.Conflict, "codeTaken", "The code %s is taken: criteria and authorisations share one set of codes.", d.Code)
		}
		return versionRaced(version)
	}
	return err
}

// versionRaced is what a write with the version is told that did not find it.
func versionRaced(version int) error {
	if version == 0 {
		return fault.New(fault.Conflict, "exists", "There is one already.")
	}
	return fault.New(fault.Conflict, "changed", "It was changed in between. Read it again.")
}

// DeleteField removes a definition that was never used.
func (s *Catalogue) DeleteField(ctx context.Context, in domain.InstitutionID, f domain.Field) error {
	room, code := f.Split()
	err := s.Wait.transact(ctx, s.client, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.table,
		Key:                       keys(string(in), fieldKey+code),
		ConditionExpression:       aws.String("#room = :room AND attribute_not_exists(#used)"),
		ExpressionAttributeNames:  map[string]string{"#room": "room", "#used": "used"},
		ExpressionAttributeValues: item{":room": str(room)},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}})
	if raced, ok := errors.AsType[errRaced](err); ok {
		if stored, _ := raced.failed(0); stored != nil && stringOf(stored["room"]) == room {
			return fault.New(fault.Conflict, "inUse", "%s cannot be deleted: contacts have or had values in it.", code)
		}
		return fault.Missing()
	}
	return err
}

// MarkUsed remembers that contacts have values in fields. It reads first: what
// is already marked costs no write.
func (s *Catalogue) MarkUsed(ctx context.Context, in domain.InstitutionID, used map[domain.Field][]string) error {
	if len(used) == 0 {
		return nil
	}
	c, _, err := s.read(ctx, in)
	if err != nil {
		return err
	}
	for f, codes := range used {
		d, ok := c.Lookup(f)
		if !ok {
			return fault.Missing()
		}
		codes = slices.DeleteFunc(slices.Clone(codes), func(code string) bool { return slices.Contains(d.UsedValues, code) })
		if d.Used && len(codes) == 0 {
			continue
		}
		room, code := f.Split()
		update := &dynamodb.UpdateItemInput{TableName: &s.table, Key: keys(string(in), fieldKey+code),
			UpdateExpression:          aws.String("SET #used = :true ADD #v :one"),
			ConditionExpression:       aws.String("#room = :room"),
			ExpressionAttributeNames:  map[string]string{"#used": "used", "#v": "v", "#room": "room"},
			ExpressionAttributeValues: item{":true": boolean(true), ":one": num(1), ":room": str(room)}}
		if len(codes) > 0 {
			update.UpdateExpression = aws.String("SET #used = :true ADD #v :one, #values :codes")
			update.ExpressionAttributeNames["#values"] = "usedValues"
			update.ExpressionAttributeValues[":codes"] = &types.AttributeValueMemberSS{Value: slices.Compact(slices.Sorted(slices.Values(codes)))}
		}
		err := s.Wait.retrying(ctx, func() error { _, err := s.client.UpdateItem(ctx, update); return err })
		if awsfault.Code(err) == "ConditionalCheckFailedException" {
			return fault.Missing()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// PutTarget creates or replaces a target.
func (s *Catalogue) PutTarget(ctx context.Context, in domain.InstitutionID, t domain.Target) error {
	version := t.Version
	doc, err := marshal(t)
	if err != nil {
		return err
	}
	it := keys(string(in), targetKey+t.ID)
	it["doc"], it["v"] = doc, num(int64(version)+1)
	p := &types.Put{TableName: &s.table, Item: it, ConditionExpression: aws.String("attribute_not_exists(pk)")}
	if version != 0 {
		p.ConditionExpression, p.ExpressionAttributeNames = aws.String("#v = :v"), map[string]string{"#v": "v"}
		p.ExpressionAttributeValues = item{":v": num(int64(version))}
	}
	err = s.Wait.transact(ctx, s.client, types.TransactWriteItem{Put: p})
	if _, ok := errors.AsType[errRaced](err); ok {
		return versionRaced(version)
	}
	return err
}

func readTarget(it item) (t domain.Target, err error) {
	err = unmarshal(it, &t)
	t.Version = int(number(it["v"]))
	return t, err
}

// Target returns one target, or kind NotFound.
func (s *Catalogue) Target(ctx context.Context, in domain.InstitutionID, id string) (domain.Target, error) {
	var out *dynamodb.GetItemOutput
	err := s.Wait.retrying(ctx, func() (err error) {
		out, err = s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, Key: keys(string(in), targetKey+id), ConsistentRead: aws.Bool(true)})
		return err
	})
	if err != nil {
		return domain.Target{}, err
	}
	if out.Item == nil {
		return domain.Target{}, fault.Missing()
	}
	return readTarget(out.Item)
}

// Targets lists by name. All of them are read: an institution has dozens.
func (s *Catalogue) Targets(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Target, string, error) {
	last, err := after("targets", from)
	if err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	key := func(t domain.Target) string { return text.Normalise(t.Name) + "\t" + t.ID }
	var ts []domain.Target
	err = s.query(ctx, "pk = :pk AND begins_with(sk, :sk)", item{":pk": str(string(in)), ":sk": str(targetKey)}, func(it item) error {
		t, err := readTarget(it)
		if key(t) > last {
			ts = append(ts, t)
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(ts, func(a, b domain.Target) int { return strings.Compare(key(a), key(b)) })
	if len(ts) <= limit {
		return ts, "", nil
	}
	return ts[:limit], cursor("targets", key(ts[limit-1])), nil
}

// DeleteTarget removes a target, or returns kind NotFound.
func (s *Catalogue) DeleteTarget(ctx context.Context, in domain.InstitutionID, id string) error {
	err := s.Wait.transact(ctx, s.client, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.table,
		Key: keys(string(in), targetKey+id), ConditionExpression: aws.String("attribute_exists(pk)")}})
	if _, ok := errors.AsType[errRaced](err); ok {
		return fault.Missing()
	}
	return err
}

// query gives every item that fits, over all pages.
func (s *Catalogue) query(ctx context.Context, condition string, values item, each func(item) error) error {
	q := &dynamodb.QueryInput{TableName: &s.table, ConsistentRead: aws.Bool(true), KeyConditionExpression: &condition, ExpressionAttributeValues: values}
	for {
		var out *dynamodb.QueryOutput
		err := s.Wait.retrying(ctx, func() (err error) { out, err = s.client.Query(ctx, q); return err })
		if err != nil {
			return err
		}
		for _, it := range out.Items {
			if err := each(it); err != nil {
				return err
			}
		}
		if q.ExclusiveStartKey = out.LastEvaluatedKey; q.ExclusiveStartKey == nil {
			return nil
		}
	}
}

// marshal makes the attribute doc: what no condition looks at is one JSON text.
func marshal(v any) (types.AttributeValue, error) {
	b, err := json.Marshal(v)
	return str(string(b)), fault.Wrap(fault.Internal, "docWritten", err)
}

func unmarshal(it item, v any) error {
	return fault.Wrap(fault.Internal, "docUnreadable", json.Unmarshal([]byte(stringOf(it["doc"])), v))
}
