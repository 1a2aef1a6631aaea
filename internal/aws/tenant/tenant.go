// Package tenant keeps the clients of a function that works for many institutions to
// the one of the request: what is asked for under another's keys is refused before it
// is sent, whoever asked the store for it. [domain.Bind] says which institution that
// is. It is the same comparison that IAM's dynamodb:LeadingKeys makes.
package tenant

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Tables is an option of DynamoDB clients. Every item must have a partition key of the
// institution: its id, or what begins with that and #. Indexes, scans and statements,
// which have no such key or hide it, are refused. Before the institution is known
// nothing can be read but one item of the keys of machines, by which it becomes known.
func Tables(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, each("tenantOfItems", func(in domain.InstitutionID, parameters any) bool {
		keys, ok := partitions(parameters)
		for _, key := range keys {
			switch _, isGet := parameters.(*dynamodb.GetItemInput); {
			case in == "":
				ok = ok && isGet && strings.HasSuffix(key, "#keys")
			default:
				ok = ok && (key == string(in) || strings.HasPrefix(key, string(in)+"#"))
			}
		}
		return ok && len(keys) > 0
	}))
}

// Objects is an option of S3 clients. Every key must have the institution as its
// second part.
func Objects(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, each("tenantOfObjects", func(in domain.InstitutionID, parameters any) bool {
		v := reflect.ValueOf(parameters).Elem()
		if v.FieldByName("CopySource").IsValid() {
			return false
		}
		key, ok := v.FieldByName("Key"), false
		if key.IsValid() {
			_, ok = key.Interface().(*string)
		}
		if !ok || key.IsNil() || in == "" {
			return false
		}
		parts := strings.SplitN(key.Elem().String(), "/", 3)
		return len(parts) == 3 && parts[1] == string(in)
	}))
}

// each refuses those calls of a client that are not the institution's own.
func each(name string, own func(in domain.InstitutionID, parameters any) bool) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc(name, func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			if !own(domain.BoundTo(ctx), in.Parameters) {
				return middleware.InitializeOutput{}, middleware.Metadata{}, fault.Wrap(fault.Internal, "aws", errors.New(middleware.GetOperationName(ctx)+" is not for the caller's institution"))
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	}
}

type item = map[string]types.AttributeValue

// partitions returns the partition keys that a call names; ok is false for a call of
// which that cannot be told.
func partitions(parameters any) (keys []string, ok bool) {
	ok = true
	add := func(it item, name string) {
		s, isText := it[name].(*types.AttributeValueMemberS)
		if ok = ok && isText; ok {
			keys = append(keys, s.Value)
		}
	}
	switch in := parameters.(type) {
	case *dynamodb.GetItemInput:
		add(in.Key, "pk")
	case *dynamodb.PutItemInput:
		add(in.Item, "pk")
	case *dynamodb.UpdateItemInput:
		add(in.Key, "pk")
	case *dynamodb.DeleteItemInput:
		add(in.Key, "pk")
	case *dynamodb.QueryInput:
		if in.IndexName != nil || in.KeyConditionExpression == nil || !strings.HasPrefix(*in.KeyConditionExpression+" ", "pk = :pk ") {
			return nil, false
		}
		add(in.ExpressionAttributeValues, ":pk")
	case *dynamodb.BatchGetItemInput:
		for _, of := range in.RequestItems {
			for _, key := range of.Keys {
				add(key, "pk")
			}
		}
	case *dynamodb.BatchWriteItemInput:
		for _, requests := range in.RequestItems {
			for _, r := range requests {
				if r.PutRequest != nil {
					add(r.PutRequest.Item, "pk")
				}
				if r.DeleteRequest != nil {
					add(r.DeleteRequest.Key, "pk")
				}
			}
		}
	case *dynamodb.TransactWriteItemsInput:
		for _, t := range in.TransactItems {
			if t.Put != nil {
				add(t.Put.Item, "pk")
			}
			if t.Update != nil {
				add(t.Update.Key, "pk")
			}
			if t.Delete != nil {
				add(t.Delete.Key, "pk")
			}
			if t.ConditionCheck != nil {
				add(t.ConditionCheck.Key, "pk")
			}
		}
	default:
		return nil, false
	}
	return keys, ok
}
