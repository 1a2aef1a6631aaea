package dynamo

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Catalogue keeps definitions, settings and targets: pk is the institution, sk
// is settings, field#CODE (criteria and authorisations share the codes) or
// target#ID.
type Catalogue struct{ table table }

// NewCatalogue returns the store in the table with the name.
func NewCatalogue(db *DB, name string) *Catalogue { return &Catalogue{table{DB: db, name: name}} }

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
	for it, err := range s.table.items(ctx, dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :pk AND sk < :sk"),
		ExpressionAttributeValues: item{":pk": str(string(in)), ":sk": str(targetKey)}}) {
		if err == nil && stringOf(it["sk"]) == settingsKey {
			known, err = true, unmarshal(it, &c.Settings)
		} else if err == nil {
			var d domain.FieldDef
			d, err = readField(it)
			c.Fields = append(c.Fields, d)
		}
		if err != nil {
			return nil, false, err
		}
	}
	return c, known, nil
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
	return s.table.transact(ctx, types.TransactWriteItem{Put: &types.Put{TableName: &s.table.name, Item: it}})
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
	u := &types.Update{TableName: &s.table.name, Key: keys(string(in), fieldKey+d.Code),
		UpdateExpression:          aws.String("SET #doc = :doc, #room = :room, #v = :next"),
		ConditionExpression:       aws.String("attribute_not_exists(pk)"),
		ExpressionAttributeNames:  map[string]string{"#doc": "doc", "#room": "room", "#v": "v"},
		ExpressionAttributeValues: item{":doc": doc, ":room": str(room), ":next": num(int64(version) + 1)},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	if version != 0 {
		u.ConditionExpression = aws.String("#v = :v AND #room = :room")
		u.ExpressionAttributeValues[":v"] = num(int64(version))
	}
	err = s.table.transact(ctx, types.TransactWriteItem{Update: u})
	if raced, ok := errors.AsType[errRaced](err); ok {
		stored, _ := raced.failed(0)
		if stored != nil && stringOf(stored["room"]) != room {
			return fault.New(fault.Conflict, "codeTaken", d.Code)
		}
		return versionRaced(version)
	}
	return err
}

// versionRaced is what a write with the version is told that did not find it.
func versionRaced(version int) error {
	if version == 0 {
		return fault.New(fault.Conflict, "exists")
	}
	return fault.New(fault.Conflict, "changed")
}

// DeleteField removes a definition that was never used.
func (s *Catalogue) DeleteField(ctx context.Context, in domain.InstitutionID, f domain.Field) error {
	room, code := f.Split()
	err := s.table.transact(ctx, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.table.name,
		Key:                       keys(string(in), fieldKey+code),
		ConditionExpression:       aws.String("#room = :room AND attribute_not_exists(#used)"),
		ExpressionAttributeNames:  map[string]string{"#room": "room", "#used": "used"},
		ExpressionAttributeValues: item{":room": str(room)},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}})
	if raced, ok := errors.AsType[errRaced](err); ok {
		if stored, _ := raced.failed(0); stored != nil && stringOf(stored["room"]) == room {
			return fault.New(fault.Conflict, "inUse", code)
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
		update := dynamodb.UpdateItemInput{Key: keys(string(in), fieldKey+code),
			UpdateExpression:          aws.String("SET #used = :true ADD #v :one"),
			ConditionExpression:       aws.String("#room = :room"),
			ExpressionAttributeNames:  map[string]string{"#used": "used", "#v": "v", "#room": "room"},
			ExpressionAttributeValues: item{":true": boolean(true), ":one": num(1), ":room": str(room)}}
		if len(codes) > 0 {
			update.UpdateExpression = aws.String("SET #used = :true ADD #v :one, #values :codes")
			update.ExpressionAttributeNames["#values"] = "usedValues"
			update.ExpressionAttributeValues[":codes"] = &types.AttributeValueMemberSS{Value: slices.Compact(slices.Sorted(slices.Values(codes)))}
		}
		_, there, err := s.table.update(ctx, update)
		if err != nil {
			return err
		}
		if !there {
			return fault.Missing()
		}
	}
	return nil
}
