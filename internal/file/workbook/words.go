package workbook

// words are the messages beside the cells to write into. TRUE, FALSE and Empty
// stand as the drop-down lists have them, in every language.
type words struct {
	choice, yesNo, several, text, date, number       string // what may be written
	keep                                             string // what a blank cell and Empty do
	notInList, notYesNo, tooLong, notDate, notNumber string // what is wrong
}

var languages = map[string]words{
	"en": {
		choice:    "Choose a value or write its code.",
		yesNo:     "TRUE or FALSE.",
		several:   "A|B replaces all values by these.\nadd: A|B adds these.\nremove: A|B takes these away.",
		text:      "Up to %d characters on one line.",
		date:      "A day, such as 2026-03-31 or 31.03.2026.",
		number:    "A number in digits, with at most %d decimals.",
		keep:      "Blank keeps what is there, Empty clears it.",
		notInList: "This is not in the list. A code or a label by itself is taken as well; anything else will be rejected.",
		notYesNo:  "Choose TRUE, FALSE or Empty, or leave the cell blank.",
		tooLong:   "This has more than %d characters and will be rejected.",
		notDate:   "Your spreadsheet does not take this for a date. What cannot be read as one will be rejected.",
		notNumber: "Your spreadsheet does not take this for a number. What cannot be read as one will be rejected.",
	},
	"fr": {
		choice:    "Choisissez une valeur ou écrivez son code.",
		yesNo:     "TRUE ou FALSE.",
		several:   "A|B remplace toutes les valeurs par celles-ci.\nadd: A|B les ajoute.\nremove: A|B les retire.",
		text:      "Au plus %d caractères, sur une ligne.",
		date:      "Une date, par exemple 31.03.2026 ou 2026-03-31.",
		number:    "Un nombre en chiffres, avec %d décimales au plus.",
		keep:      "Laissée vide, la cellule ne change rien ; Empty efface la valeur.",
		notInList: "Ce texte n’est pas dans la liste. Un code ou un libellé seul est accepté aussi ; tout le reste sera rejeté.",
		notYesNo:  "Choisissez TRUE, FALSE ou Empty, ou laissez la cellule vide.",
		tooLong:   "Ce texte a plus de %d caractères et sera rejeté.",
		notDate:   "Votre tableur n’y voit pas une date. Ce qui ne peut pas être lu comme une date sera rejeté.",
		notNumber: "Votre tableur n’y voit pas un nombre. Ce qui ne peut pas être lu comme un nombre sera rejeté.",
	},
	"de": {
		choice:    "Wählen Sie einen Wert oder schreiben Sie seinen Code.",
		yesNo:     "TRUE oder FALSE.",
		several:   "A|B ersetzt alle Werte durch diese.\nadd: A|B fügt sie hinzu.\nremove: A|B nimmt sie weg.",
		text:      "Höchstens %d Zeichen in einer Zeile.",
		date:      "Ein Datum, zum Beispiel 31.03.2026 oder 2026-03-31.",
		number:    "Eine Zahl in Ziffern, mit höchstens %d Nachkommastellen.",
		keep:      "Frei gelassen ändert die Zelle nichts, Empty löscht den Wert.",
		notInList: "Das steht nicht in der Liste. Ein Code oder eine Bezeichnung allein geht auch; alles andere wird abgelehnt.",
		notYesNo:  "Wählen Sie TRUE, FALSE oder Empty, oder lassen Sie die Zelle frei.",
		tooLong:   "Das hat mehr als %d Zeichen und wird abgelehnt.",
		notDate:   "Ihr Tabellenprogramm hält das nicht für ein Datum. Was sich nicht als Datum lesen lässt, wird abgelehnt.",
		notNumber: "Ihr Tabellenprogramm hält das nicht für eine Zahl. Was sich nicht als Zahl lesen lässt, wird abgelehnt.",
	},
	"it": {
		choice:    "Scelga un valore o scriva il suo codice.",
		yesNo:     "TRUE o FALSE.",
		several:   "A|B sostituisce tutti i valori con questi.\nadd: A|B li aggiunge.\nremove: A|B li toglie.",
		text:      "Al massimo %d caratteri su una riga.",
		date:      "Una data, per esempio 31.03.2026 o 2026-03-31.",
		number:    "Un numero in cifre, con al massimo %d decimali.",
		keep:      "In bianco la cella non cambia nulla, Empty cancella il valore.",
		notInList: "Non è nell’elenco. Sono accettati anche un codice o un’etichetta da soli; tutto il resto sarà rifiutato.",
		notYesNo:  "Scelga TRUE, FALSE o Empty, oppure lasci la cella in bianco.",
		tooLong:   "Ha più di %d caratteri e sarà rifiutato.",
		notDate:   "Il foglio di calcolo non la riconosce come data. Ciò che non si può leggere come data sarà rifiutato.",
		notNumber: "Il foglio di calcolo non lo riconosce come numero. Ciò che non si può leggere come numero sarà rifiutato.",
	},
	"es": {
		choice:    "Elija un valor o escriba su código.",
		yesNo:     "TRUE o FALSE.",
		several:   "A|B sustituye todos los valores por estos.\nadd: A|B los añade.\nremove: A|B los quita.",
		text:      "Como máximo %d caracteres en una línea.",
		date:      "Una fecha, por ejemplo 31.03.2026 o 2026-03-31.",
		number:    "Un número en cifras, con %d decimales como máximo.",
		keep:      "En blanco la celda no cambia nada; Empty borra el valor.",
		notInList: "No está en la lista. También se aceptan un código o una etiqueta solos; todo lo demás se rechazará.",
		notYesNo:  "Elija TRUE, FALSE o Empty, o deje la celda en blanco.",
		tooLong:   "Tiene más de %d caracteres y se rechazará.",
		notDate:   "Su hoja de cálculo no lo reconoce como fecha. Lo que no pueda leerse como fecha se rechazará.",
		notNumber: "Su hoja de cálculo no lo reconoce como número. Lo que no pueda leerse como número se rechazará.",
	},
}

func wordsIn(lang string) words {
	if w, ok := languages[lang]; ok {
		return w
	}
	return languages["en"]
}
