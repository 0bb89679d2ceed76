"""What --help says around the list of options: the manual."""

TOP = """A darkroom for cartoons: drop a photo, say what you want, watch it develop.

commands:
  toonroom [PHOTO...]            open the window, with these photos on the film strip
  toonroom cartoonize PHOTO|FOLDER... -o OUT [options]
                                 make cartoons without a window
  toonroom doctor [--json]       say what works here, and where things are kept
  toonroom train ...             make a model of your own
  toonroom models ...            get, check, import and remove models of the diffusion engine

'toonroom cartoonize --help' explains its options.

TOONROOM_HOME moves all of Toonroom's own data (settings, history, models, logs) to one folder."""

CARTOONIZE = """Turn photos into cartoons.

OUT is a file for one photo; its ending (.png, .jpg, .webp, .tif) decides the format. For several
photos, or a folder, OUT is a folder. So it is for one photo where OUT is a folder already, ends
with a slash, or has no ending. What is missing is created. Results keep the photo's name, and its
ending where that can be written (.png else); where two photos would get one name, the second gets
-2. With --recursive, OUT gets the subfolders of the photos. Nothing is overwritten without
--overwrite.

--resume leaves out a photo whose result is there and was made with the same options. The .ora
file of --layers has the result's name. Previews are called NAME-01-STAGE.png and so on.

The instruction names a look (cartoon, comic ink, pencil sketch, watercolour, poster, pastel,
manga) and changes it: bolder, thinner or no lines, fewer or more colours, brighter, darker, softer,
more detail, black and white; 'a little' and 'much' measure it. What was not understood is said.

Results are printed on stdout, progress and errors on stderr. With --json each photo gives one line
on stdout, also one that failed:
  {"photo", "result", "engine", "model", "mode", "seed", "steps", "seconds", "width", "height",
   "error", "code"}

exit status:
  0    all done
  2    wrong usage
  3    at least one photo could not be read or written; the others are done
  4    the model is missing or broken
  5    out of memory even after every fallback
  130  interrupted; what was begun is finished or left out, never half-written

examples:
  toonroom cartoonize portrait.jpg -o cartoon.png
  toonroom cartoonize holiday/ -o cartoons/ -i "watercolour, fewer colours" --recursive --resume
  toonroom cartoonize *.jpg -o out/ --size 2000 --layers --json > out.jsonl"""

DOCTOR = """Say what works here and where things are kept, one line each.

The exit status is 0 when pictures can be made and kept, else 1."""

MODELS = """Models of the diffusion engine: what is here, what can be had.

  list            all models, those that can be had too; this is also what no task means
  get ID          fetch one, check it, convert it; a download that was ended goes on where it was
  import PATH     take one in: a folder in diffusers layout, or one .safetensors or .ckpt file
  verify [ID...]  see whether each file is what it was when it came
  remove ID       put one into the bin, and throw away what was fetched of it
  move FOLDER     move all of them, and whatever else is in their folder, into another one
  where [ID]      print the folder that they are in, or the folder of one

Nothing is asked of the network but by get. HF_ENDPOINT names another address than the hub's, such
as a mirror's; proxies are taken from the environment. models.toml in Toonroom's data folder (see
toonroom doctor) adds models to the list; resources/models.toml shows how it is written.

exit status:
  0    all done
  2    wrong usage
  4    a model is missing or broken, or cannot be got
  5    out of memory
  130  interrupted; what was fetched is kept

examples:
  toonroom models get instruct-pix2pix
  toonroom models import ~/Downloads/my-cartoons.safetensors
  toonroom cartoonize photo.jpg -o cartoon.png --model instruct-pix2pix"""

TRAIN = """Make an instruction-tuned model of your own, step by step.

  data      photos and the classic engine's looks, or your own pairs, become a data set
  vae       a small autoencoder is trained on it
  unet      an InstructPix2Pix model is trained: a small one of its own, or Stable Diffusion 1
  lora      a model learns your style from 10 to 50 pairs
  evaluate  figures and contact sheets on photos that were held out

Each has its own --help. Every run is a folder; a run that was ended, by whatever, goes on where its
last checkpoint is when the same command is given again.

exit status:
  0    all done
  2    wrong usage
  3    something could not be read or written
  4    a model is missing or broken
  5    out of memory
  130  interrupted; a checkpoint was written"""

TRAIN_DATA = """Make pairs with instructions, in the imagefolder layout that `datasets` reads.

Photos are drawn by the classic engine, once in each look. With --before, --after and --instruction
an artist's own pairs are taken as they are: files of the same names in two folders.

With --no-grain looks come without paper, strokes and screens of dots. Where each dot lies has
nothing to do with what is on the photo, so small models learn the rest better without them.

What is there already is not made again, so the command can be ended and started again. Photos that
cannot be read are left out, with a sentence. The --held-out photos of the smallest SHA-256 are kept
from training: DATA/test.

examples:
  toonroom train data photos/ -o data/ --held-out 100 --size 512
  toonroom train data --before photos/ --after drawings/ -i "draw it my way" -o mine/"""

TRAIN_VAE = """Train a small autoencoder (diffusers' AutoencoderTiny) on a data set's pictures.

RUN gets log.jsonl, checkpoints, and in the end vae/, in diffusers layout. With --base, only the
decoder of an autoencoder learns on: models that were trained with it get a better one.

examples:
  toonroom train vae --data data/ -o runs/vae
  toonroom train vae --data data/ -o runs/vae --stages 64x24x4000,128x12x8000 --threads 2"""

TRAIN_UNET = """Train an InstructPix2Pix model on a data set.

With --vae alone, a fresh small UNet and text encoder learn from nothing. With --base, Stable
Diffusion 1 (or another model of its kind) is given a photo to see and taught, with the recipe of
the original cartoonizers: 256 px, 15,000 steps of 8, a constant learning rate of 5e-5.

RUN gets log.jsonl, checkpoints, pictures/ of photos that were held out, and in the end model/, in
diffusers layout. The same command goes on with a run that was ended. On several graphics cards:
accelerate launch -m desktop_app train unet ...

examples:
  toonroom train unet --data data/ --vae runs/vae/vae -o runs/small
  toonroom train unet --data data/ --base stable-diffusion/ -o runs/sd --mixed-precision fp16"""

TRAIN_EVALUATE = """Measure a model on the photos of a data set that were held out.

Each is asked for everything that it can become, and what comes is compared with the teacher's
picture (PSNR, SSIM, tint), with doing nothing, and with the teacher's other looks: is it nearest to
the one that was asked for? With --text-grid, the same for several guidances. With --mode-photos,
the engine's modes and stock settings are compared with a picture of many more steps.

OUT gets figures.json, scores.jsonl and contact sheets; results above, the teacher's below.

example:
  toonroom train evaluate --model runs/small/model --data data/ -o figures/ --text-grid 1,1.5,2,3"""

TRAIN_LORA = """Teach a model a style of your own from 10 to 50 pairs, with adapters.

The model stays as it is; what is learnt is a few megabytes. It is meant for cards of 6 to 8 GB,
with --mixed-precision fp16. It needs the extra: pip install "toonroom[lora]".

RUN gets adapters/ (pytorch_lora_weights.safetensors, for any program that loads such files) and
model/, the model with the style in it, for toonroom cartoonize --model RUN/model.

example:
  toonroom train data --before photos/ --after drawings/ -i "draw it my way" -o mine/ --held-out 2
  toonroom train lora --data mine/ --base a-model/ -o runs/my-way --mixed-precision fp16"""
