package workbook

// words are the messages beside the cells to write into. TRUE, FALSE and Empty
// stand as the drop-down lists have them, in every language.
type words struct {
	choice, yesNo, several, text string // what may be written
	keep                         string // what a blank cell and Empty do
	notInList, notYesNo, tooLong string // what is wrong
}

var languages = map[string]words{
	"en": {
		choice:    "Choose a value or write its code.",
		yesNo:     "TRUE or FALSE.",
		several:   "A|B replaces all values by these.\nadd: A|B adds these.\nremove: A|B takes these away.",
		text:      "Up to %d characters on one line.",
		keep:      "Blank keeps what is there, Empty clears it.",
		notInList: "This is not in the list. A code or a label by itself is taken as well; anything else will be rejected.",
		notYesNo:  "Choose TRUE, FALSE or Empty, or leave the cell blank.",
		tooLong:   "This has more than %d characters and will be rejected.",
	},
	"fr": {
		choice:    "Choisissez une valeur ou écrivez son code.",
		yesNo:     "TRUE ou FALSE.",
		several:   "A|B remplace toutes les valeurs par celles-ci.\nadd: A|B les ajoute.\nremove: A|B les retire.",
		text:      "Au plus %d caractères, sur une ligne.",
		keep:      "Laissée vide, la cellule ne change rien ; Empty efface la valeur.",
		notInList: "Ce texte n’est pas dans la liste. Un code ou un libellé seul est accepté aussi ; tout le reste sera rejeté.",
		notYesNo:  "Choisissez TRUE, FALSE ou Empty, ou laissez la cellule vide.",
		tooLong:   "Ce texte a plus de %d caractères et sera rejeté.",
	},
	"de": {
		choice:    "Wählen Sie einen Wert oder schreiben Sie seinen Code.",
		yesNo:     "TRUE oder FALSE.",
		several:   "A|B ersetzt alle Werte durch diese.\nadd: A|B fügt sie hinzu.\nremove: A|B nimmt sie weg.",
		text:      "Höchstens %d Zeichen in einer Zeile.",
		keep:      "Frei gelassen ändert die Zelle nichts, Empty löscht den Wert.",
		notInList: "Das steht nicht in der Liste. Ein Code oder eine Bezeichnung allein geht auch; alles andere wird abgelehnt.",
		notYesNo:  "Wählen Sie TRUE, FALSE oder Empty, oder lassen Sie die Zelle frei.",
		tooLong:   "Das hat mehr als %d Zeichen und wird abgelehnt.",
	},
	"it": {
		choice:    "Scelga un valore o scriva il suo codice.",
		yesNo:     "TRUE o FALSE.",
		several:   "A|B sostituisce tutti i valori con questi.\nadd: A|B li aggiunge.\nremove: A|B li toglie.",
		text:      "Al massimo %d caratteri su una riga.",
		keep:      "In bianco la cella non cambia nulla, Empty cancella il valore.",
		notInList: "Non è nell’elenco. Sono accettati anche un codice o un’etichetta da soli; tutto il resto sarà respinto.",
		notYesNo:  "Scelga TRUE, FALSE o Empty, oppure lasci la cella in bianco.",
		tooLong:   "Ha più di %d caratteri e sarà respinto.",
	},
	"es": {
		choice:    "Elija un valor o escriba su código.",
		yesNo:     "TRUE o FALSE.",
		several:   "A|B sustituye todos los valores por estos.\nadd: A|B los añade.\nremove: A|B los quita.",
		text:      "Como máximo %d caracteres en una línea.",
		keep:      "En blanco la celda no cambia nada; Empty borra el valor.",
		notInList: "No está en la lista. También se aceptan un código o una etiqueta solos; todo lo demás se rechazará.",
		notYesNo:  "Elija TRUE, FALSE o Empty, o deje la celda en blanco.",
		tooLong:   "Tiene más de %d caracteres y se rechazará.",
	},
}

func wordsIn(lang string) words {
	if w, ok := languages[lang]; ok {
		return w
	}
	return languages["en"]
}
