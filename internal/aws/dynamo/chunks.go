package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// chunkLife is longer than an import is kept.
const chunkLife = 60 * 24 * time.Hour

func chunkKey(in domain.InstitutionID, imp string, round, chunk int) item {
	return keys(string(in)+"#chunks#"+imp, fmt.Sprintf("%d#%06d", round, chunk))
}

func chunkState(it item) domain.ChunkState {
	return domain.ChunkState{Tries: int(number(it["tries"])), Sealed: stringOf(it["sealed"]), By: int(number(it["by"])), History: it["history"] != nil}
}

// BeginTry counts a try of a chunk and returns its number, from 1 on, or kind
// Conflict "sealed". A try whose answer was lost may be counted twice.
func (s *Jobs) BeginTry(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) (int, error) {
	it, begun, err := s.table.update(ctx, dynamodb.UpdateItemInput{Key: chunkKey(in, imp, round, chunk),
		UpdateExpression: aws.String("SET #ttl = :ttl ADD tries :one"), ConditionExpression: aws.String("attribute_not_exists(sealed)"),
		ExpressionAttributeNames:  map[string]string{"#ttl": "ttl"},
		ExpressionAttributeValues: item{":one": num(1), ":ttl": num(s.table.Now().Add(chunkLife).Unix())}})
	if err != nil {
		return 0, err
	}
	if !begun {
		return 0, fault.New(fault.Conflict, "sealed")
	}
	return chunkState(it).Tries, nil
}

// ChunkState returns the zero state for a chunk of which no try began.
func (s *Jobs) ChunkState(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) (domain.ChunkState, error) {
	it, err := s.table.get(ctx, chunkKey(in, imp, round, chunk))
	return chunkState(it), err
}

// Seal makes a results object the one that counts, if the state is as asked for,
// and returns the state as it is then.
func (s *Jobs) Seal(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int, seal domain.Seal) (domain.ChunkState, error) {
	u := dynamodb.UpdateItemInput{Key: chunkKey(in, imp, round, chunk),
		UpdateExpression:          aws.String("SET sealed = :key, #by = :by, #ttl = :ttl"),
		ConditionExpression:       aws.String("attribute_not_exists(sealed)"),
		ExpressionAttributeNames:  map[string]string{"#by": "by", "#ttl": "ttl"},
		ExpressionAttributeValues: item{":key": str(seal.Key), ":by": num(int64(seal.By)), ":ttl": num(s.table.Now().Add(chunkLife).Unix())}}
	if seal.Instead != "" {
		*u.ConditionExpression = "sealed = :instead"
		u.ExpressionAttributeValues[":instead"] = str(seal.Instead)
	}
	switch {
	case seal.Tries == 0:
		*u.ConditionExpression += " AND attribute_not_exists(tries)"
	case seal.Tries > 0:
		*u.ConditionExpression += " AND tries = :tries"
		u.ExpressionAttributeValues[":tries"] = num(int64(seal.Tries))
	}
	// After a lost answer the condition fails, and the state shows our own key.
	it, _, err := s.table.update(ctx, u)
	return chunkState(it), err
}

// NoteHistory notes that a sealed chunk's history is written.
func (s *Jobs) NoteHistory(ctx context.Context, in domain.InstitutionID, imp string, round, chunk int) error {
	_, _, err := s.table.update(ctx, dynamodb.UpdateItemInput{Key: chunkKey(in, imp, round, chunk),
		UpdateExpression: aws.String("SET history = :true"), ExpressionAttributeValues: item{":true": boolean(true)}})
	return err
}

func slotsKey(in domain.InstitutionID) item { return keys(string(in)+"#slots", "slots") }

func slotAttribute(slot int) string { return "s" + strconv.Itoa(slot) }

// slotText says who holds a slot.
func slotText(imp string, t domain.Ticket) string { return imp + ":" + string(t.Order) }

func heldSlots(it item) map[string]domain.Ticket {
	out := map[string]domain.Ticket{}
	for slot := range domain.Slots {
		held := stringOf(it[slotAttribute(slot)])
		if i := strings.LastIndexByte(held, ':'); i >= 0 {
			out[held[:i]] = domain.Ticket{Slot: slot, Order: domain.Order(held[i+1:])}
		}
	}
	return out
}

// TakeSlot gives an import the lowest free slot and the next order, or the ones
// that it holds; kind Busy "slotsTaken" if none is free. Orders rise whatever
// happens to the table: the time makes them go on where it was put back.
func (s *Jobs) TakeSlot(ctx context.Context, in domain.InstitutionID, imp string) (domain.Ticket, error) {
	for tries := s.table.Retry.start(); ; {
		it, err := s.table.get(ctx, slotsKey(in))
		if err != nil {
			return domain.Ticket{}, err
		}
		if t, ok := heldSlots(it)[imp]; ok {
			return t, nil
		}
		slot := 0
		for it[slotAttribute(slot)] != nil {
			slot++
		}
		if slot >= domain.Slots {
			return domain.Ticket{}, fault.New(fault.Busy, "slotsTaken")
		}
		last := stringOf(it["n"])
		t := domain.Ticket{Slot: slot, Order: nextOrder(last, s.table.Now())}
		u := dynamodb.UpdateItemInput{Key: slotsKey(in), UpdateExpression: aws.String("SET #s = :s, #n = :n"),
			ConditionExpression:       aws.String("attribute_not_exists(#s) AND attribute_not_exists(#n)"),
			ExpressionAttributeNames:  map[string]string{"#s": slotAttribute(slot), "#n": "n"},
			ExpressionAttributeValues: item{":s": str(slotText(imp, t)), ":n": str(string(t.Order))}}
		if last != "" {
			*u.ConditionExpression = "attribute_not_exists(#s) AND #n = :last"
			u.ExpressionAttributeValues[":last"] = str(last)
		}
		_, taken, err := s.table.update(ctx, u)
		if err != nil {
			return domain.Ticket{}, err
		}
		if taken {
			return t, nil
		}
		if err := tries.again(ctx, errContended); err != nil {
			return domain.Ticket{}, err
		}
	}
}

// nextOrder is above the last one, and no less than the time.
func nextOrder(last string, now time.Time) domain.Order {
	n, _ := strconv.ParseInt(last, 36, 64) // 0 for none
	text := strconv.FormatInt(max(n+1, now.Unix()), 36)
	return domain.Order(strings.Repeat("0", max(0, 7-len(text))) + text)
}

// FreeSlot frees a slot if that import still holds it by that order.
func (s *Jobs) FreeSlot(ctx context.Context, in domain.InstitutionID, imp string, t domain.Ticket) error {
	_, _, err := s.table.update(ctx, dynamodb.UpdateItemInput{Key: slotsKey(in),
		UpdateExpression: aws.String("REMOVE #s"), ConditionExpression: aws.String("#s = :s"),
		ExpressionAttributeNames: map[string]string{"#s": slotAttribute(t.Slot)}, ExpressionAttributeValues: item{":s": str(slotText(imp, t))}})
	return err
}

// HeldSlots returns the tickets that imports hold.
func (s *Jobs) HeldSlots(ctx context.Context, in domain.InstitutionID) (map[string]domain.Ticket, error) {
	it, err := s.table.get(ctx, slotsKey(in))
	if err != nil {
		return nil, err
	}
	return heldSlots(it), nil
}
